package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"usher/cmd/boxoffice/doortest"
)

// program is boxoffice as a process of its own, which can be killed: this test,
// started again.
type program struct {
	*testing.T
	cmd  *exec.Cmd
	base *url.URL
}

// TestMainAgain is boxoffice in that process.
func TestMainAgain(t *testing.T) {
	if args := os.Getenv("BOXOFFICE_TEST_ARGS"); args != "" {
		os.Exit(run(t.Context(), strings.Fields(args), os.Stdout, os.Stderr))
	}
}

func startProgram(t *testing.T, args string) *program {
	t.Helper()
	p := &program{T: t, cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMainAgain$")}
	p.cmd.Env = append(os.Environ(), "BOXOFFICE_TEST_ARGS="+args)
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "serving ")
	if err != nil || !ok {
		t.Fatalf("%q, %v", line, err)
	}
	if p.base, err = url.Parse(address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// ServeHTTP passes a request on to the process, as it is.
func (p *program) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	proxy := httputil.NewSingleHostReverseProxy(p.base)
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	proxy.ServeHTTP(w, r)
}

// person is somebody with a browser.
type person struct {
	*program
	client *http.Client
	page   string
}

func (p *program) person() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.Fatal(err)
	}
	return &person{program: p, client: &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
}

func (p *person) open(path string) {
	p.read(p.client.Get(p.base.JoinPath("/").String() + strings.TrimPrefix(path, "/")))
}

// submit sends the hidden fields of the page, and more.
func (p *person) submit(path string, more ...string) {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(p.page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	p.read(p.client.PostForm(p.base.JoinPath("/").String()+strings.TrimPrefix(path, "/"), form))
}

func (p *person) read(resp *http.Response, err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	p.page = string(raw)
}

// TestKilledServiceForgetsNothing: a box is paired, a film paid, and the power
// goes the moment the page says so. Afterwards the box is in, and has the film.
func TestKilledServiceForgetsNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "office.db")
	var said bytes.Buffer
	if code := runSeed([]string{"-data", data, "-household", "smith", "-plan", "month"}, strings.NewReader("secret word"), &said, &said); code != exitDone {
		t.Fatal(said.String())
	}
	args := "-listen 127.0.0.1:0 -open-house=false -data " + data + " -streams " + t.TempDir()
	first := startProgram(t, args)
	smith := first.person()
	smith.open("/signin")
	smith.submit("/signin", "name", "smith", "password", "secret word")
	box, err := doortest.Pair(first, time.Now, func(code string) bool {
		smith.open("/activate?code=" + code)
		smith.submit("/activate", "do", "allow")
		return strings.Contains(smith.page, "goes on by itself")
	})
	if err != nil {
		t.Fatalf("%v: %s", err, smith.page)
	}
	var bought struct{ State, URI, Lease, Receipt string }
	answer := box.Ask("POST", "/v1/purchases", `{"id":"intent-0123456789","titleId":"glass-harbour","kind":"rent"}`)
	if err := json.Unmarshal(answer.Body.Bytes(), &bought); err != nil || bought.State != "created" {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	path := strings.TrimPrefix(bought.URI, doortest.Origin)
	smith.open(path)
	smith.submit(path, "do", "sheet")
	smith.submit(path, "do", "confirm")
	first.kill()
	if !strings.Contains(smith.page, "Receipt LP-") {
		t.Fatal(smith.page)
	}

	second := startProgram(t, args)
	box.Serve(second)
	answer = box.Ask("GET", "/v1/purchases/intent-0123456789", "")
	if err := json.Unmarshal(answer.Body.Bytes(), &bought); err != nil || bought.State != "fulfilled" || bought.Lease == "" || !strings.Contains(smith.page, bought.Receipt) {
		t.Errorf("%v: %s", err, answer.Body)
	}
	if err := box.Renew(); err != nil {
		t.Error(err)
	}
	var account struct {
		Plan     struct{ ID string }
		Vouchers int
	}
	answer = box.Ask("GET", "/v1/account", "")
	if err := json.Unmarshal(answer.Body.Bytes(), &account); err != nil || account.Plan.ID != "month" || account.Vouchers != 2 {
		t.Errorf("%v: %s", err, answer.Body)
	}
}
