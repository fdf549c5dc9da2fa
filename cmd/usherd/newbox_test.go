package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// buildPrograms is "build NAME…": it compiles other programs of the product and
// puts them onto the path.
func buildPrograms(ts *testscript.TestScript, neg bool, args []string) {
	tool, err := exec.LookPath("go")
	if err != nil {
		ts.Fatalf("go is not on the path, and the other programs cannot be made")
	}
	bin := ts.MkAbs("bin")
	ts.Check(os.MkdirAll(bin, 0o755))
	for _, name := range args {
		// As make cross does, so that nothing is compiled twice.
		cmd := exec.Command(tool, "build", "-trimpath", "-o", bin+"/", "usher/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			ts.Fatalf("%v\n%s", err, out)
		}
	}
	ts.Setenv("PATH", bin+string(filepath.ListSeparator)+ts.Getenv("PATH"))
}

// startService is "service NAME": it starts the reference service and sets
// $NAME to its address.
func startService(ts *testscript.TestScript, neg bool, args []string) {
	cmd := exec.Command(find(ts.Getenv("PATH"), "boxoffice"), "-listen", "127.0.0.1:0", "-streams", ts.MkAbs("streams"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if address == "" {
		ts.Fatalf("boxoffice says %q", line)
	}
	ts.Setenv(args[0], address)
}

// substitute is "subst FILE…": $NAME in a file becomes the variable.
func substitute(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// showsText is "shows ADDRESS/PATH TEXT": what is served there has the text.
func showsText(ts *testscript.TestScript, neg bool, args []string) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if !strings.Contains(string(body), args[1]) {
		ts.Fatalf("no %q in %s:\n%s", args[1], args[0], body)
	}
}

// waitFor is "until PATTERN PROGRAM ARGS…": it runs a program, however it ends,
// until its output fits.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		cmd := exec.Command(find(ts.Getenv("PATH"), args[1]), args[2:]...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
		out, _ := cmd.CombinedOutput() // doctor ends with 1 where something is wrong
		if pattern.Match(out) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("no %s:\n%s", args[0], out)
		}
	}
}
