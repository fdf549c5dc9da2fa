package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// timed runs a program, and says how long it took, its processor time, and the
// memory that it had at most, as far as that is seen every 10 ms: what the
// kernel adds up at the end counts the program that started it, too.
func (s *stage) timed(c *exec.Cmd) (f figure, err error) {
	var said bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = s.dir, &said, &said
	begun, before := time.Now(), busy()
	if err := c.Start(); err != nil {
		return f, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for look := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case <-look.C:
			f.peak = max(f.peak, memory(c.Process.Pid))
			continue
		case err = <-ended:
			look.Stop()
		}
		break
	}
	f.seconds, f.all = time.Since(begun).Seconds(), busy()-before
	f.cpu = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	if err != nil {
		tail := strings.TrimSpace(said.String())
		return f, fmt.Errorf("%s: %w: %s", filepath.Base(c.Path), err, tail[max(0, len(tail)-600):])
	}
	return f, nil
}

// processor is the time that a process had of it, all threads included
// (proc(5), stat: utime and stime; USER_HZ is 100 on Linux).
func processor(pid int) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	words := strings.Fields(rest)
	if len(words) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(words[11]) // numbers of the kernel
	system, _ := strconv.Atoi(words[12])
	return float64(user+system) / 100
}

// served is the time that this process, which serves the files, had of the
// processors.
func served() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// busy is the time that all processors were not idle since the machine started,
// seconds (proc(5), stat: all but idle and iowait).
func busy() float64 {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	sum := 0
	for n, word := range strings.Fields(line)[1:] {
		if v, err := strconv.Atoi(word); err == nil && n != 3 && n != 4 && n < 8 { // guests are counted with users
			sum += v
		}
	}
	return float64(sum) / 100
}

// debian is the version of a package of Debian; "" when it is not installed.
func (s *stage) debian(name string) string {
	v, _ := s.output("dpkg-query", "-W", "-f=${Version}", name) // no version is no news
	return v
}
