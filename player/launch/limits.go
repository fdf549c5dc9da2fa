//go:build linux

package launch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// Limits of a player's process. There is none on its address space: GPU
// drivers map many times what they use, and a limit there ends films on good
// machines. There is no niceness: the picture is the most urgent thing on the
// box, and nothing may be put before it without privileges.
const (
	maxFiles = 1024 // descriptors; a player that leaks them fails alone
	maxCore  = 0    // bytes of core file: it would hold the film, and fill the flash
	oomScore = 300  // when memory runs out the player goes before usherd, which brings it back
)

// wrapped is the command behind prlimit (util-linux), which sets the limits as
// the player's own user: usherd may not touch those of another user without
// CAP_SYS_RESOURCE. Where there is no prlimit it is the command itself.
func wrapped(c command) command {
	path, err := exec.LookPath("prlimit")
	if err != nil {
		return c
	}
	c.args = append([]string{fmt.Sprintf("--nofile=%d", maxFiles), fmt.Sprintf("--core=%d", maxCore), "--", c.path}, c.args...)
	c.path, c.limited = path, true
	return c
}

// restrain applies the limits to a process that was just started; limited says
// that it has those of wrapped already.
func restrain(pid int, limited bool) error {
	err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), fmt.Appendln(nil, oomScore), 0)
	if limited {
		return err
	}
	return errors.Join(err, limit(pid, unix.RLIMIT_NOFILE, maxFiles), limit(pid, unix.RLIMIT_CORE, maxCore))
}

func limit(pid, resource int, most uint64) error {
	var now unix.Rlimit
	if err := unix.Prlimit(pid, resource, nil, &now); err != nil {
		return fmt.Errorf("read limit %d: %w", resource, err)
	}
	most = min(most, now.Max) // only ever down
	if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
		return fmt.Errorf("set limit %d: %w", resource, err)
	}
	return nil
}
