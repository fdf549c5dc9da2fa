package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"usherd": main})
}

// leakChecked looks for goroutines left behind by the tests.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return code
}

// TestScripts drives the real binary.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TMPDIR", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "xdg"))
			e.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"daemon":    startDaemon,
			"interrupt": interruptDaemon,
			"exits":     exits,
			"get":       getPage,
			"build":     buildPrograms,
			"service":   startService,
			"subst":     substitute,
			"shows":     showsText,
			"until":     waitFor,
		},
	})
}

// startDaemon is "daemon NAME ARGS...": it starts usherd, waits until it is
// ready, and sets $NAME_PAGE and $NAME_MEDIA to its addresses.
func startDaemon(ts *testscript.TestScript, neg bool, args []string) {
	name, ready := args[0], ts.MkAbs(args[0]+".ready")
	words := append([]string{"-ready-file", ready}, args[1:]...)
	cmd := exec.Command(find(ts.Getenv("PATH"), "usherd"), words...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
	cmd.Stderr = os.Stderr
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	ts.Defer(func() { _ = cmd.Process.Kill(); <-ended })
	at := waitReady(ts, ready, ended)
	ts.Setenv(name+"_PAGE", strings.Trim(strings.TrimPrefix(at.Page, "http://"), "/"))
	ts.Setenv(name+"_MEDIA", strings.Trim(strings.TrimPrefix(at.Media, "http://"), "/"))
	ts.Setenv(name+"_PID", strconv.Itoa(at.PID))
}

func find(path, name string) string {
	for _, dir := range filepath.SplitList(path) {
		if p := filepath.Join(dir, name); isFile(p) {
			return p
		}
	}
	return name
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}

func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, k := range []string{"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS"} {
		env = append(env, k+"="+ts.Getenv(k))
	}
	return append(env, "GOCOVERDIR="+os.Getenv("GOCOVERDIR"))
}

func waitReady(ts *testscript.TestScript, file string, ended <-chan struct{}) (at addresses) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-ended:
			ts.Fatalf("usherd ended before it was ready")
		default:
		}
		if data, err := os.ReadFile(file); err == nil {
			ts.Check(json.Unmarshal(data, &at))
			return at
		}
	}
	ts.Fatalf("usherd is not ready")
	return at
}

// interruptDaemon is "interrupt NAME": it ends usherd as Ctrl-C does and wants
// it gone soon.
func interruptDaemon(ts *testscript.TestScript, neg bool, args []string) {
	pid, err := strconv.Atoi(ts.Getenv(args[0] + "_PID"))
	ts.Check(err)
	p, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Check(p.Signal(os.Interrupt))
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if p.Signal(syscall.Signal(0)) != nil {
			return
		}
	}
	ts.Fatalf("usherd is still there after the interrupt")
}

// exits is "exits CODE PROGRAM ARGS...": it runs a program and wants an exit
// code. What it printed can be matched with stderr afterwards.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("%v: exit %d, want %s", args[1:], got, args[0])
	}
}

// getPage is "get ADDRESS/PATH HOST STATUS".
func getPage(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+args[0], nil)
	ts.Check(err)
	req.Host, req.Close = args[1], true
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if got := strconv.Itoa(resp.StatusCode); got != args[2] {
		ts.Fatalf("GET %s as %s: %s, want %s", args[0], args[1], got, args[2])
	}
}
