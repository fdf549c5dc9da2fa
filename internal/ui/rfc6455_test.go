package ui

import (
	"bufio"
	"bytes"
	"crypto/sha1" //nolint:gosec // of the handshake, RFC 6455 section 4.2.2
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The opcodes of RFC 6455 section 5.2.
const (
	opMore, opText, opBinary  = 0, 1, 2
	opClose, opPing, opPong   = 8, 9, 10
	fin                       = 0x80
	masked                    = 0x80
	rsv1, rsv2, rsv3          = 0x40, 0x20, 0x10
	closeNormal, closeProblem = 1000, 1002
	closeText, closeBig       = 1007, 1009
)

// wire is a client below the frames: it sends bytes of the test's choice.
type wire struct {
	net.Conn
	in *bufio.Reader
	t  testing.TB
}

const wireKey = "dGhlIHNhbXBsZSBub25jZQ=="

// connect opens a WebSocket by hand, without a hello.
func (b *bench) connect(t testing.TB, more ...string) (*wire, *http.Response) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	w := &wire{conn, bufio.NewReader(conn), t}
	fmt.Fprintf(conn, "GET /rpc HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: other, %s\r\n%s\r\n",
		b.addr, b.addr, wireKey, Protocol, strings.Join(more, ""))
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return w, res
}

// greeted is a wire with an open session.
func (b *bench) greeted(t testing.TB) *wire {
	t.Helper()
	w, _ := b.connect(t)
	w.send(frameOf(fin|opText, `{"jsonrpc":"2.0","id":0,"method":"session.hello","params":`+hello("")+`}`))
	if op, text := w.frame(); op != opText || !strings.Contains(text, `"result"`) {
		t.Fatalf("hello: %d %s", op, text)
	}
	return w
}

func (w *wire) send(frames ...[]byte) { _, _ = w.Write(bytes.Join(frames, nil)) }

// frameOf is a masked frame, as a client must send it.
func frameOf(first byte, payload string) []byte {
	head := []byte{first, masked}
	switch n := len(payload); {
	case n < 126:
		head[1] |= byte(n)
	case n < 1<<16:
		head[1] |= 126
		head = binary.BigEndian.AppendUint16(head, uint16(n))
	default:
		head[1] |= 127
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	}
	key := [4]byte{1, 2, 3, 4}
	head = append(head, key[:]...)
	for i := range len(payload) {
		head = append(head, payload[i]^key[i%4])
	}
	return head
}

// frame reads one frame of the server, which has no mask and no reserved bit.
func (w *wire) frame() (op byte, payload string) {
	w.t.Helper()
	op, payload, err := w.tryFrame()
	if err != nil {
		w.t.Fatalf("no frame: %v", err)
	}
	return op, payload
}

func (w *wire) tryFrame() (op byte, payload string, err error) {
	var head [2]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return 0, "", err
	}
	if head[0]&^(fin|0x0f) != 0 || head[1]&masked != 0 {
		return 0, "", fmt.Errorf("frame begins with %x", head)
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var l [2]byte
		_, err = io.ReadFull(w.in, l[:])
		n = uint64(binary.BigEndian.Uint16(l[:]))
	case 127:
		var l [8]byte
		_, err = io.ReadFull(w.in, l[:])
		n = binary.BigEndian.Uint64(l[:])
	}
	if err != nil || n > 1<<20 {
		return 0, "", errors.Join(err, fmt.Errorf("a frame of %d bytes", n))
	}
	data := make([]byte, n)
	_, err = io.ReadFull(w.in, data)
	return head[0] & 0x0f, string(data), err
}

// end reads until the server closes, and gives its code.
func (w *wire) end() (code int) {
	w.t.Helper()
	for {
		op, payload, err := w.tryFrame()
		if err != nil {
			w.t.Fatalf("no close frame: %v", err)
		}
		if op == opClose && len(payload) < 2 {
			return 0
		}
		if op == opClose {
			return int(binary.BigEndian.Uint16([]byte(payload)))
		}
	}
}

const ask = `{"jsonrpc":"2.0","id":7,"method":"playback.get"}`

func closeFrame(code uint16, reason string) []byte {
	return frameOf(fin|opClose, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// brokenFrames are what RFC 6455 forbids, with the code that says so
// (sections 5.2, 5.4, 5.5, 5.6, 7.4, 8.1).
func brokenFrames() map[string]struct {
	bytes []byte
	code  int
} {
	huge := append([]byte{fin | opText, masked | 127}, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4)
	long := append([]byte{fin | opText, masked | 127}, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4)
	part := func(first byte, text string) []byte { return frameOf(first, text) }
	join := func(list ...[]byte) []byte { return bytes.Join(list, nil) }
	return map[string]struct {
		bytes []byte
		code  int
	}{
		"not masked":               {append([]byte{fin | opText, byte(len(ask))}, ask...), closeProblem},
		"rsv1":                     {part(fin|rsv1|opText, ask), closeProblem},
		"rsv2":                     {part(fin|rsv2|opText, ask), closeProblem},
		"rsv3":                     {part(fin|rsv3|opText, ask), closeProblem},
		"rsv1 of a ping":           {part(fin|rsv1|opPing, ""), closeProblem},
		"opcode 3":                 {part(fin|3, ask), closeProblem},
		"opcode 7":                 {part(fin|7, ""), closeProblem},
		"opcode 11":                {part(fin|11, ""), closeProblem},
		"opcode 15":                {part(fin|15, ""), closeProblem},
		"ping in parts":            {part(opPing, "x"), closeProblem},
		"close in parts":           {part(opClose, ""), closeProblem},
		"ping of 126 bytes":        {part(fin|opPing, strings.Repeat("x", 126)), closeProblem},
		"close of 126 bytes":       {closeFrame(1000, strings.Repeat("x", 124)), closeProblem},
		"continues nothing":        {part(fin|opMore, ask), closeProblem},
		"continues nothing, parts": {part(opMore, ask), closeProblem},
		"text within text":         {join(part(opText, "{"), part(fin|opText, ask)), closeProblem},
		"binary within text":       {join(part(opText, "{"), part(fin|opBinary, "x")), closeProblem},
		"continues after the end":  {join(part(opText, "{"), part(fin|opMore, "}"), part(fin|opMore, "x")), closeProblem},
		"length with its top bit":  {huge, closeBig},
		"4 GiB announced":          {long, closeBig},
		"64 KiB and one in parts":  {join(part(opText, strings.Repeat(" ", 40<<10)), part(fin|opMore, strings.Repeat(" ", 24<<10+1))), closeBig},
		"close of one byte":        {part(fin|opClose, "x"), 0}, // closed as if there were no code: gorilla's way
		"close code 0":             {closeFrame(0, ""), closeProblem},
		"close code 999":           {closeFrame(999, ""), closeProblem},
		"close code 1004":          {closeFrame(1004, ""), closeProblem},
		"close code 1005":          {closeFrame(1005, ""), closeProblem},
		"close code 1006":          {closeFrame(1006, ""), closeProblem},
		"close code 1015":          {closeFrame(1015, ""), closeProblem},
		"close code 1016":          {closeFrame(1016, ""), closeProblem},
		"close code 2999":          {closeFrame(2999, ""), closeProblem},
		"close code 5000":          {closeFrame(5000, ""), closeProblem},
		"close reason not UTF-8":   {closeFrame(1000, "\xff"), closeProblem},
		"not UTF-8":                {part(fin|opText, "\"\xc0\xaf\""), closeText},
		"surrogates":               {part(fin|opText, "\"\xed\xa0\x80\""), closeText},
		"beyond Unicode":           {part(fin|opText, "\"\xf4\x90\x80\x80\""), closeText},
		"half a letter":            {join(part(opText, "\"\xce"), part(fin|opMore, "\"")), closeText},
		"binary":                   {part(fin|opBinary, ask), closeMessage},
		"empty binary":             {part(fin|opBinary, ""), closeMessage},
	}
}

func TestBrokenFramesEndTheConnection(t *testing.T) {
	b := newBench(t)
	for name, c := range brokenFrames() {
		t.Run(name, func(t *testing.T) {
			w := b.greeted(t)
			w.send(c.bytes)
			if got := w.end(); got != c.code {
				t.Errorf("closed with %d, want %d", got, c.code)
			}
		})
	}
	b.join(t) // and harm nobody else
}

// TestFramesThatAreAllowed are answered (RFC 6455 sections 5.4 to 5.7).
func TestFramesThatAreAllowed(t *testing.T) {
	b := newBench(t)
	half := len(ask) / 2
	for name, c := range map[string]struct {
		frames [][]byte
		want   []string // of each frame of the server, its op and beginning
	}{
		"one frame":       {[][]byte{frameOf(fin|opText, ask)}, []string{`1{"jsonrpc":"2.0","id":7,"result"`}},
		"two parts":       {[][]byte{frameOf(opText, ask[:half]), frameOf(fin|opMore, ask[half:])}, []string{`1{"jsonrpc":"2.0","id":7,"result"`}},
		"empty parts":     {[][]byte{frameOf(opText, ""), frameOf(opMore, ask), frameOf(fin|opMore, "")}, []string{`1{"jsonrpc":"2.0","id":7,"result"`}},
		"ping between":    {[][]byte{frameOf(opText, ask[:half]), frameOf(fin|opPing, "now"), frameOf(fin|opMore, ask[half:])}, []string{"10now", `1{"jsonrpc":"2.0","id":7,"result"`}},
		"empty ping":      {[][]byte{frameOf(fin|opPing, "")}, []string{"10"}},
		"ping of 125":     {[][]byte{frameOf(fin|opPing, strings.Repeat("\x00\xff", 62)+"x")}, []string{"10" + strings.Repeat("\x00\xff", 62) + "x"}},
		"pong unasked":    {[][]byte{frameOf(fin|opPong, "what"), frameOf(fin|opPing, "")}, []string{"10"}},
		"empty text":      {[][]byte{frameOf(fin|opText, "")}, []string{`1{"jsonrpc":"2.0","id":null,"error":{"code":-32700`}},
		"two in a packet": {[][]byte{frameOf(fin|opText, ask), frameOf(fin|opText, ask)}, []string{`1{"jsonrpc":"2.0","id":7,"result"`, `1{"jsonrpc":"2.0","id":7,"result"`}},
		"close":           {[][]byte{closeFrame(closeNormal, "bye")}, []string{"8\x03\xe8"}},
		"close 4999":      {[][]byte{closeFrame(4999, "")}, []string{"8\x13\x87"}},
		"close, no code":  {[][]byte{frameOf(fin|opClose, "")}, []string{"8"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := b.greeted(t)
			w.send(c.frames...)
			for _, want := range c.want {
				op, text := w.frame()
				if got := fmt.Sprint(op, text); got[:min(len(got), len(want))] != want {
					t.Errorf("got %.60q, want %q", got, want)
				}
			}
		})
	}
	t.Run("byte by byte", func(t *testing.T) {
		w := b.greeted(t)
		for _, c := range frameOf(fin|opText, ask) {
			w.send([]byte{c})
		}
		if _, text := w.frame(); !strings.Contains(text, `"result"`) {
			t.Errorf("got %s", text)
		}
	})
}

// TestHandshake is RFC 6455 section 4.2.
func TestHandshake(t *testing.T) {
	b := newBench(t)
	_, res := b.connect(t, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
	sum := sha1.Sum([]byte(wireKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as the RFC has it
	if res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) || res.Header.Get("Sec-WebSocket-Protocol") != Protocol {
		t.Errorf("answer %s %v", res.Status, res.Header)
	}
	if res.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Error("an extension is agreed on")
	}
	good := map[string]string{
		"Origin": "http://" + b.addr, "Connection": "Upgrade", "Upgrade": "websocket",
		"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": wireKey, "Sec-WebSocket-Protocol": Protocol,
	}
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"no upgrade":        {"Upgrade", "", 400},
		"other upgrade":     {"Upgrade", "h2c", 400},
		"no connection":     {"Connection", "", 400},
		"old version":       {"Sec-WebSocket-Version", "8", 400},
		"no version":        {"Sec-WebSocket-Version", "", 400},
		"no key":            {"Sec-WebSocket-Key", "", 400},
		"key of 15 bytes":   {"Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA", 400},
		"key not in base64": {"Sec-WebSocket-Key", "????????????????????????", 400},
		"no sub-protocol":   {"Sec-WebSocket-Protocol", "", 400},
		"wrong case":        {"Sec-WebSocket-Protocol", "USHER.V1", 400},
	} {
		headers := []string{}
		for k, v := range good {
			if k == c.header {
				v = c.value
			}
			if v != "" {
				headers = append(headers, k, v)
			}
		}
		if res, _ := b.get(t, "/rpc", headers...); res.StatusCode != c.status {
			t.Errorf("%s: %s, want %d", name, res.Status, c.status)
		}
	}
}

// FuzzWire sends anything after a hello. The bridge must end or answer, and go
// on for others.
func FuzzWire(f *testing.F) {
	for _, c := range brokenFrames() {
		f.Add(c.bytes)
	}
	f.Add(frameOf(fin|opText, ask))
	f.Add(frameOf(fin|opText, "["+ask+","+ask+"]"))
	b := newBench(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		w := b.greeted(t)
		w.send(data, closeFrame(closeNormal, ""))
		_ = w.Conn.(*net.TCPConn).CloseWrite()
		for {
			if _, _, err := w.tryFrame(); err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "reset") {
					t.Fatalf("the server does not end: %v", err)
				}
				break
			}
		}
		_ = w.Close()
		if res, _ := b.get(t, "/healthz"); res.StatusCode != http.StatusOK {
			t.Fatalf("after %x: %s", data, res.Status)
		}
	})
}
