//go:build linux

package rauc

import (
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"usher/firmware"
)

// reasoned gives an error of the disk its machine word.
func reasoned(err error) error {
	switch {
	case err == nil, errors.As(err, new(*firmware.Error)):
		return err
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return &firmware.Error{Reason: firmware.NoSpace, Err: err}
	case errors.Is(err, unix.EROFS), errors.Is(err, fs.ErrPermission):
		return &firmware.Error{Reason: firmware.ReadOnly, Err: err}
	case errors.Is(err, unix.EIO):
		return &firmware.Error{Reason: firmware.Damaged, Err: err}
	}
	return err
}

// saying are parts of what RAUC says when it does not install (RAUC 1.8 and
// 1.15, src/bundle.c, signature.c, install.c and update_handler.c), the first
// that is found counts. RAUC has no codes for them.
func saying() []struct {
	part   string
	reason firmware.Reason
} {
	return []struct {
		part   string
		reason firmware.Reason
	}{
		{"compatible mismatch", firmware.WrongBoard},
		{"no space left", firmware.NoSpace},
		{"too small", firmware.NoSpace},
		{"larger than", firmware.NoSpace},
		{"read-only file system", firmware.ReadOnly},
		{"already mounted", firmware.Busy},
		{"device or resource busy", firmware.Busy},
		{"input/output error", firmware.Damaged},
		{"signature", firmware.Untrusted},
		{"certificate", firmware.Untrusted},
		{"verification", firmware.Untrusted},
		{"verify", firmware.Untrusted},
		{"invalid bundle", firmware.Untrusted},
	}
}

// refused puts what RAUC says into the vocabulary.
func refused(text string) *firmware.Error {
	lower := strings.ToLower(text)
	why := firmware.Failed
	for _, s := range saying() {
		if strings.Contains(lower, s.part) {
			why = s.reason
			break
		}
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return &firmware.Error{Reason: why, Err: errors.New("RAUC: " + text)}
}

// maxText is how much of RAUC's words goes into an error, bytes.
const maxText = 512
