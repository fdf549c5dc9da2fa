package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// output runs a program and gives what it printed; what it said beside that is
// in the error.
func (s *stage) output(name string, args ...string) (string, error) {
	return s.outputOf(exec.CommandContext(s.ctx, name, args...))
}

func (s *stage) outputOf(c *exec.Cmd) (string, error) {
	var said bytes.Buffer
	c.Stderr = &said
	if c.Dir == "" {
		c.Dir = s.dir
	}
	out, err := c.Output()
	if err != nil {
		tail := strings.TrimSpace(said.String() + string(out))
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(c.Path), err, tail[max(0, len(tail)-600):])
	}
	return strings.TrimSpace(string(out)), nil
}

// shell runs a script in the folder of the stage.
func (s *stage) shell(script string, env ...string) error {
	c := exec.CommandContext(s.ctx, "sh", "-euc", script)
	c.Env = append(os.Environ(), env...)
	_, err := s.outputOf(c)
	return err
}

// start starts a service that ends with the stage. Its words go to a file.
func (s *stage) start(env []string, name string, args ...string) (pid int, err error) {
	log, err := os.Create(s.at(filepath.Base(name) + ".log"))
	if err != nil {
		return 0, err
	}
	c := exec.Command(name, args...) //nolint:noctx // it ends with the stage
	c.Dir, c.Env, c.Stdout, c.Stderr = s.dir, append(os.Environ(), env...), log, log
	if err := errors.Join(c.Start(), log.Close()); err != nil {
		return 0, err
	}
	s.later(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()         // killed is no news
	})
	return c.Process.Pid, nil
}

// memory is the most that a process had (VmHWM), bytes.
func memory(pid int) int64 { return results.Field(fmt.Sprintf("/proc/%d/status", pid), "VmHWM:") << 10 }

// resetMemory has that counted anew (proc(5), clear_refs).
func resetMemory(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5\n"), 0)
}

// until waits for something, for half a minute at most.
func (s *stage) until(what string, is func() bool) error {
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if time.Now().After(end) {
			return fmt.Errorf("not in 30 s: %s", what)
		}
	}
	return nil
}

// timed runs a program, and says how long it took and the memory that it had at
// most, its children's included if that is more.
func (s *stage) timed(c *exec.Cmd) (seconds float64, peak int64, err error) {
	begun := time.Now()
	_, err = s.outputOf(c)
	seconds = time.Since(begun).Seconds()
	if c.ProcessState != nil {
		if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = u.Maxrss << 10
		}
	}
	return seconds, peak, err
}
