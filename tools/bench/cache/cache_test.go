package main

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	line := "77 (a b) c) S 12 77 77 0 -1 4194304 1 2 3 4 500 25 10 5 20 0 1 0 100 0 0"
	if s, ok := parseStat(line); !ok || s.parent != 12 || s.began != "100" || s.cpu != 5400*time.Millisecond {
		t.Errorf("%+v %v", s, ok)
	}
	for _, bad := range []string{"", "77 (x", "77 (x) S 1", "77 (x) S a 77 77 0 -1 4194304 1 2 3 4 500 25 10 5 20 0"} {
		if s, ok := parseStat(bad); ok {
			t.Errorf("%q is read as %+v", bad, s)
		}
	}
}

func TestUsageSeesChildren(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 60 & i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = out.Read(make([]byte, 1))
	all, u := family(cmd.Process.Pid), usageOf(cmd.Process.Pid)
	p := &peer{cmd: cmd, ended: make(chan error, 1), client: http.DefaultClient}
	go func() { p.ended <- cmd.Wait() }()
	p.kill()
	if len(all) != 2 || u.cpu < tick || u.pss < 1<<16 {
		t.Fatalf("family %v, usage %+v", all, u)
	}
	if all[1].lives() {
		t.Error("the child lives on")
	}
}

// TestOriginAndReading: whole and partial reads are compared byte for byte,
// and a wrong byte or a short body is seen.
func TestOriginAndReading(t *testing.T) {
	o, err := newOrigin()
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	p := &peer{client: &http.Client{}, origin: o}
	if got := p.read(t.Context(), o.base+"/o/300000/a.ts", "", true); got.err != nil || got.bytes != 300000 {
		t.Errorf("whole: %+v", got)
	}
	if got := p.readAt(t.Context(), o.base+"/o/300000/a.ts", "bytes=1000-1999", 1000, true); got.err != nil || got.bytes != 1000 {
		t.Errorf("part: %+v", got)
	}
	if got := p.readAt(t.Context(), o.base+"/o/300000/a.ts", "bytes=1000-1999", 1001, true); got.err == nil {
		t.Error("a part of another place is taken for right")
	}
	if got := drain(strings.NewReader("x"), 2, 0, time.Now(), false); got.err == nil {
		t.Error("a short body is taken for whole")
	}
	if a := o.about("/o/300000/a.ts"); a.fetches != 3 || a.bytes < 302000 || len(a.ranges) != 2 {
		t.Errorf("the origin noted %+v", a)
	}
	list, err := http.Get(o.base + "/l/o-1-a,s-2-b.m3u8") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(list.Body)
	_ = list.Body.Close()
	if s := string(text); !strings.Contains(s, "/o/1/a.ts\n") || !strings.Contains(s, "/s/2/b.ts\n#EXT-X-ENDLIST") {
		t.Errorf("playlist %s", s)
	}
}

func TestPacerIsOneLink(t *testing.T) {
	p := pacer{rate: 1 << 20}
	began := time.Now()
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- p.wait(t.Context(), 64<<10) }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 120*time.Millisecond {
		t.Errorf("128 KiB at 1 MiB/s took %v", took)
	}
}
