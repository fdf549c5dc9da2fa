package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLinkTellsWhenATextCame has another reader wait long after the text is in.
func TestLinkTellsWhenATextCame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte("{\"other\":1}\n{\"volume\":42}\n"))
		time.Sleep(time.Second)
		_ = conn.Close()
	}()
	l, err := onSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	began := time.Now()
	time.Sleep(300 * time.Millisecond)
	if err := l.hear(`"volume"`, "42"); err != nil {
		t.Fatal(err)
	}
	if took := l.arrived().Sub(began); took > 250*time.Millisecond {
		t.Errorf("came after %v: that is when it was looked for", took)
	}
	if err := l.hear("never"); err == nil || errors.Is(err, errNothing) {
		t.Errorf("after the end: %v", err)
	}
}

func TestMemoryOfThisProcess(t *testing.T) {
	if kib := memoryOf(os.Getpid()); kib < 1000 {
		t.Errorf("%d KiB", kib)
	}
}

func TestReportSaysWhatIsMissing(t *testing.T) {
	b := &bench{list: []contender{&usherBox{}, &kodiBox{}}, found: map[string]*found{
		"Usher": {event: map[int][]float64{100: {1, 2, 4}}, last: map[int][]float64{}, connect: []float64{10}},
		"Kodi":  {err: errors.New("not there")},
	}}
	text := b.report("a machine", 1, time.Second)
	for _, want := range []string{"went wrong: not there", "MISSED", "met"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
