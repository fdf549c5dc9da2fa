package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// usage is what the processes of a peer used.
type usage struct {
	cpu     time.Duration // user and system, of all processes and of those that ended below them
	pss     int64         // bytes of memory: private ones, and a share of shared ones
	written int64         // bytes sent to disk, as the kernel accounts them when pages are dirtied
}

// tick is the unit of CPU time in /proc/PID/stat (USER_HZ is 100 on Linux).
const tick = 10 * time.Millisecond

// usageOf adds up the processes of a tree.
func usageOf(root int) usage {
	var u usage
	for _, p := range family(root) {
		u.cpu += p.cpu
		u.pss += results.Field(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid), "Pss:") * 1024
		u.written += results.Field(fmt.Sprintf("/proc/%d/io", p.pid), "write_bytes:")
	}
	return u
}

// family is a process and all below it, the eldest first.
func family(root int) []stat {
	children := map[int][]stat{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		pid, err := strconv.Atoi(filepath.Base(d))
		if err != nil {
			continue
		}
		if s, ok := statOf(pid); ok {
			children[s.parent] = append(children[s.parent], s)
		}
	}
	var all []stat
	if s, ok := statOf(root); ok {
		all = append(all, s)
	}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].pid]...)
	}
	return all
}

// stat is what /proc/PID/stat says (proc(5)).
type stat struct {
	pid    int
	parent int
	state  string // R, S, Z and so on
	began  string // ticks since the machine started: with pid, no other process
	cpu    time.Duration
}

// lives says whether a process is still there and holds something: its number
// may belong to another one by now, and one that waits to be seen by its parent
// (state Z) holds nothing.
func (s stat) lives() bool {
	now, ok := statOf(s.pid)
	return ok && now.began == s.began && now.state != "Z"
}

// kill ends a process.
func (s stat) kill() {
	if s.lives() {
		_ = syscall.Kill(s.pid, syscall.SIGKILL)
	}
}

func statOf(pid int) (stat, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	s, ok := parseStat(string(data))
	s.pid = pid
	return s, ok
}

// parseStat reads a line of stat. The name in it may hold blanks and brackets.
func parseStat(line string) (stat, bool) {
	i := strings.LastIndexByte(line, ')')
	if i < 0 {
		return stat{}, false
	}
	f := strings.Fields(line[i+1:])
	if len(f) < 20 {
		return stat{}, false
	}
	s := stat{state: f[0], began: f[19]}
	var err error
	if s.parent, err = strconv.Atoi(f[1]); err != nil {
		return stat{}, false
	}
	for _, at := range []int{11, 12, 13, 14} { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(f[at], 10, 64)
		if err != nil {
			return stat{}, false
		}
		s.cpu += time.Duration(n) * tick
	}
	return s, true
}
