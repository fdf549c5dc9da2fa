package main

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The pair of images: ext4 with blocks of 4 KiB, 204 MiB of files of this
// machine, and the same with parts of a twentieth of its bytes replaced, in 46
// of 368 files.
const (
	imageSize    = 256 << 20
	slotSize     = 264 << 20
	imageFiles   = 368
	imageChanged = 46
	imageBytes   = 204 << 20
	imageNew     = 10 << 20
	block        = 4 << 10
)

// images is what the pair of images turned out to be.
type images struct {
	files, bytes int   // of this machine
	changed      int64 // bytes of blocks that the first does not have
}

// makeImages makes the pair, and junk of the same size.
func (s *stage) makeImages() error {
	s.one, s.two, s.junk = s.at("1.img"), s.at("2.img"), s.at("junk")
	files, donor, err := local()
	if err != nil {
		return err
	}
	tree := s.at("tree")
	for i, f := range files {
		if err := write(filepath.Join(tree, fmt.Sprintf("usr/lib/%03d", i)), f); err != nil {
			return err
		}
		s.images.files, s.images.bytes = i+1, s.images.bytes+len(f)
	}
	if err := s.mkfs(tree, s.one); err != nil {
		return err
	}
	for i := range imageChanged {
		n := i * len(files) / imageChanged
		f := append([]byte(nil), files[n]...)
		part := min(imageNew/imageChanged, len(f)/2)
		copy(f[len(f)/4:len(f)/4+part], donor[i*part:])
		if err := write(filepath.Join(tree, fmt.Sprintf("usr/lib/%03d", n)), f); err != nil {
			return err
		}
	}
	if err := s.mkfs(tree, s.two); err != nil {
		return err
	}
	if s.images.changed, err = changedBlocks(s.one, s.two); err != nil {
		return err
	}
	return makeJunk(s.junk)
}

// local are programs and libraries of this machine of 300 to 1200 KiB, and more
// of the same for what is new.
func local() (files [][]byte, donor []byte, err error) {
	total := 0
	err = filepath.WalkDir("/usr/lib", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || len(donor) > 2*imageNew {
			return nil //nolint:nilerr // what cannot be read is left out
		}
		info, err := d.Info()
		if err != nil || info.Size() < 300<<10 || info.Size() > 1200<<10 {
			return nil //nolint:nilerr // as above
		}
		data, err := os.ReadFile(name)
		switch {
		case err != nil:
		case len(files) < imageFiles && total+len(data) <= imageBytes:
			files, total = append(files, data), total+len(data)
		default:
			donor = append(donor, data...)
		}
		return nil
	})
	if err == nil && (len(files) < imageChanged || len(donor) < imageNew) {
		err = fmt.Errorf("make the images: this machine has %d files of the right size in /usr/lib; more packages make more", len(files))
	}
	return files, donor, err
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return err
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return os.Chtimes(name, day, day)
}

// mkfs makes an image as docs/firmware.md says.
func (s *stage) mkfs(tree, name string) error {
	const id = "5c1d3f10-0000-4000-8000-000000000001"
	c := exec.CommandContext(s.ctx, "mkfs.ext4", "-q", "-F", "-b", fmt.Sprint(block), "-U", id, "-E", "hash_seed="+id, "-d", tree, name, fmt.Sprintf("%dM", imageSize>>20))
	c.Env = append(os.Environ(), "E2FSPROGS_FAKE_TIME=1767225600")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("make %s: %w: %s", filepath.Base(name), err, out)
	}
	return nil
}

// changedBlocks is how many bytes of two are in blocks that one does not have.
func changedBlocks(one, two string) (n int64, err error) {
	have := map[[32]byte]bool{}
	if err := blocks(one, func(sum [32]byte) { have[sum] = true }); err != nil {
		return 0, err
	}
	err = blocks(two, func(sum [32]byte) {
		if !have[sum] {
			n += block
		}
	})
	return n, err
}

func blocks(name string, each func([32]byte)) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for at := 0; at+block <= len(data); at += block {
		each(sha256.Sum256(data[at : at+block]))
	}
	return nil
}

// makeJunk writes what is in the slot before.
func makeJunk(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(f, rand.Reader, imageSize); err != nil {
		return err
	}
	return f.Close()
}
