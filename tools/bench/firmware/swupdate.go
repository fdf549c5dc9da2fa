package main

import "os/exec"

// swupdate is Debian's, with an image that it writes as it reads it.
type swupdate struct{ s *stage }

func (*swupdate) name() string { return "SWUpdate" }

func (*swupdate) what() string {
	return "raw image, installed-directly, signed and hashed; a process for each update. One thread writes"
}

func (u *swupdate) version() string { return u.s.debian("swupdate") }

func (u *swupdate) open() error {
	return u.s.shell(`mkdir -p swu; ln -f 2.img swu/rootfs.img; cd swu
cat > sw-description <<C
software = { version = "2.0.0"; hardware-compatibility: [ "1.0" ]; images: ( { filename = "rootfs.img"; device = "$SLOT"; type = "raw";
  installed-directly = true; sha256 = "$(sha256sum rootfs.img | cut -d' ' -f1)"; } ); }
C
openssl cms -sign -in sw-description -out sw-description.sig -signer ../signer.pem -inkey ../signer.key -outform DER -nosmimecap -binary
printf 'sw-description\nsw-description.sig\nrootfs.img\n' | cpio -o -H crc --quiet > ../2.swu`, "SLOT="+u.s.b)
}

// install is a process of its own, so all its memory is for the install.
func (u *swupdate) install() (figure, error) {
	f, err := u.s.timed(exec.CommandContext(u.s.ctx, "swupdate", "-k", u.s.at("ca.pem"), "-H", "bench:1.0", "-i", u.s.at("2.swu")))
	f.extra = f.peak
	return f, err
}
