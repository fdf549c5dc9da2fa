package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// swupdate is Debian's, with an image that it writes as it reads it.
type swupdate struct {
	s    *stage
	base int64
}

func (*swupdate) name() string { return "SWUpdate" }

func (*swupdate) what() string {
	return "raw image, installed-directly, signed and hashed; a process for each update"
}

func (u *swupdate) version() string {
	v, _ := u.s.output("swupdate", "--version") // no version is no news
	return strings.TrimPrefix(strings.SplitN(v, "\n", 2)[0], "SWUpdate v")
}

func (u *swupdate) open() (err error) {
	err = u.s.shell(`mkdir -p swu; ln -f 2.img swu/rootfs.img; cd swu
cat > sw-description <<C
software = { version = "2.0.0"; hardware-compatibility: [ "1.0" ]; images: ( { filename = "rootfs.img"; device = "$SLOT"; type = "raw";
  installed-directly = true; sha256 = "$(sha256sum rootfs.img | cut -d' ' -f1)"; } ); }
C
openssl cms -sign -in sw-description -out sw-description.sig -signer ../signer.pem -inkey ../signer.key -outform DER -nosmimecap -binary
printf 'sw-description\nsw-description.sig\nrootfs.img\n' | cpio -o -H crc --quiet > ../2.swu`, "SLOT="+u.s.b)
	if err != nil {
		return err
	}
	_, u.base, err = u.s.timed(exec.CommandContext(u.s.ctx, "swupdate", "--version"))
	return err
}

func (u *swupdate) install() (f figure, err error) {
	f.seconds, f.peak, err = u.s.timed(exec.CommandContext(u.s.ctx, "swupdate", "-k", u.s.at("ca.pem"), "-H", "bench:1.0", "-i", u.s.at("2.swu")))
	f.extra = f.peak - u.base
	if err != nil {
		return f, fmt.Errorf("swupdate: %w", err)
	}
	return f, nil
}
