package mdns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func service() Service {
	return Service{Instance: "usher-abc123", Type: "_usher._tcp", Port: 8789, Address: netip.MustParseAddr("192.168.1.20")}
}

func namesOf(t testing.TB) names {
	t.Helper()
	n, err := newNames(service())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ask is a question as other programs send it.
func ask(t testing.TB, name string, kind dnsmessage.Type, class dnsmessage.Class) []byte {
	t.Helper()
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7}, Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: class}}}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// records are what an answer has, in words.
func records(t *testing.T, packet []byte) (list []string) {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		t.Fatal(err)
	}
	if !m.Response || !m.Authoritative {
		t.Errorf("head %+v", m.Header)
	}
	for _, r := range m.Answers {
		switch body := r.Body.(type) {
		case *dnsmessage.PTRResource:
			list = append(list, r.Header.Name.String()+" PTR "+body.PTR.String())
		case *dnsmessage.SRVResource:
			list = append(list, r.Header.Name.String()+" SRV "+body.Target.String())
		case *dnsmessage.TXTResource:
			list = append(list, r.Header.Name.String()+" TXT")
			if !slices.Equal(body.TXT, []string{""}) {
				t.Errorf("it tells %q about the box", body.TXT)
			}
		case *dnsmessage.AResource:
			list = append(list, r.Header.Name.String()+" A "+netip.AddrFrom4(body.A).String())
		}
	}
	return list
}

const (
	kindName     = "_usher._tcp.local."
	instanceName = "usher-abc123._usher._tcp.local."
	hostName     = "usher-abc123.local."
)

func TestAnswers(t *testing.T) {
	n := namesOf(t)
	whole := []string{instanceName + " SRV " + hostName, instanceName + " TXT", hostName + " A 192.168.1.20"}
	for _, c := range []struct {
		name string
		kind dnsmessage.Type
		want []string
	}{
		{kindName, dnsmessage.TypePTR, append([]string{kindName + " PTR " + instanceName}, whole...)},
		{"_services._dns-sd._udp.local.", dnsmessage.TypePTR, []string{"_services._dns-sd._udp.local. PTR " + kindName}},
		{instanceName, dnsmessage.TypeSRV, whole},
		{instanceName, dnsmessage.TypeTXT, whole},
		{"USHER-abc123.LOCAL.", dnsmessage.TypeA, whole[2:]},
		{hostName, dnsmessage.TypeALL, whole[2:]},
		{hostName, dnsmessage.TypeAAAA, nil},
		{kindName, dnsmessage.TypeA, nil},
	} {
		q, err := n.read(ask(t, c.name, c.kind, dnsmessage.ClassINET|flush))
		if err != nil || len(q.wanted) != 1 || q.response {
			t.Fatalf("%s: %+v, %v", c.name, q, err)
		}
		packet, err := n.answer(service(), reply{wanted: q.wanted})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, records(t, packet)); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", c.name, c.kind, diff)
		}
	}
	for _, name := range []string{"other.local.", "_ipp._tcp.local.", "usher-abc123.example.", "."} {
		if q, err := n.read(ask(t, name, dnsmessage.TypeALL, dnsmessage.ClassINET)); err != nil || len(q.wanted) != 0 {
			t.Errorf("%s is none of ours: %+v, %v", name, q, err)
		}
	}
}

// TestLivesOfRecords: as usual, for those who know nothing of mDNS, and at the end.
func TestLivesOfRecords(t *testing.T) {
	n := namesOf(t)
	q := dnsmessage.Question{Name: n.kind, Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET}
	for name, c := range map[string]struct {
		reply reply
		ttl   uint32
		class dnsmessage.Class
		id    uint16
		asked int
	}{
		"usual": {reply{wanted: []dnsmessage.Question{q}}, hostTTL, dnsmessage.ClassINET | flush, 0, 0},
		"plain": {reply{wanted: []dnsmessage.Question{q}, plain: true, id: 7, questions: []dnsmessage.Question{q}}, plainTTL, dnsmessage.ClassINET, 7, 1},
		"bye":   {reply{all: true, bye: true}, 0, dnsmessage.ClassINET | flush, 0, 0},
	} {
		packet, err := n.answer(service(), c.reply)
		if err != nil {
			t.Fatal(err)
		}
		var m dnsmessage.Message
		if err := m.Unpack(packet); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(m.Answers, func(r dnsmessage.Resource) bool { return r.Header.Type == dnsmessage.TypeSRV })
		if h := m.Answers[i].Header; h.TTL != c.ttl || h.Class != c.class || m.ID != c.id || len(m.Questions) != c.asked {
			t.Errorf("%s: %+v, id %d, %d questions", name, h, m.ID, len(m.Questions))
		}
	}
}

// TestANameThatIsTaken: an answer about our name, while it is not ours yet.
func TestANameThatIsTaken(t *testing.T) {
	n := namesOf(t)
	theirs := service()
	theirs.Address = netip.MustParseAddr("192.168.1.99")
	packet, err := n.answer(theirs, reply{all: true})
	if err != nil {
		t.Fatal(err)
	}
	from := func(a string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(a), 5353) }
	r := &responder{service: service(), names: n, taken: make(chan struct{})}
	r.take(packet, from("192.168.1.20")) // our own announcement, come back
	if err := r.wait(t.Context(), time.Millisecond); err != nil {
		t.Errorf("its own: %v", err)
	}
	r.take(packet, from("192.168.1.99"))
	r.take(packet, from("192.168.1.99"))
	if err := r.wait(t.Context(), time.Minute); !errors.Is(err, ErrTaken) {
		t.Errorf("%v", err)
	}
}

func TestNobodyFarAwayIsAnswered(t *testing.T) {
	for text, want := range map[string]bool{"192.168.1.9": true, "fe80::1": true, "127.0.0.1": true, "8.8.8.8": false, "2001:db8::1": false} {
		if got := local(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestWhatCannotBeAnnounced(t *testing.T) {
	for name, s := range map[string]Service{
		"no instance": {Type: "_usher._tcp", Port: 1, Address: netip.MustParseAddr("192.168.1.2")},
		"no port":     {Instance: "x", Type: "_usher._tcp", Address: netip.MustParseAddr("192.168.1.2")},
		"IPv6":        {Instance: "x", Type: "_usher._tcp", Port: 1, Address: netip.MustParseAddr("fd00::1")},
		"no address":  {Instance: "x", Type: "_usher._tcp", Port: 1},
	} {
		if err := Run(t.Context(), nil, s); err == nil {
			t.Errorf("%s was announced", name)
		}
	}
}

// TestOnTheNetwork announces on a real interface, and asks as a plain resolver
// does. Where no interface carries multicast, it says so.
func TestOnTheNetwork(t *testing.T) {
	ifi, own := multicast(t)
	s := service()
	s.Address = own
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, ifi, s) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: own.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	out := ipv4.NewPacketConn(conn)
	if err := errors.Join(out.SetMulticastInterface(ifi), out.SetMulticastLoopback(true)); err != nil {
		t.Fatal(err)
	}
	question, buffer := ask(t, kindName, dnsmessage.TypePTR, dnsmessage.ClassINET), make([]byte, maxPacket)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if _, err := conn.WriteToUDP(question, group()); err != nil {
			t.Skipf("SKIP: no multicast on %s: %v", ifi.Name, err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		size, _, err := conn.ReadFromUDP(buffer)
		if err != nil {
			continue // it probes still
		}
		if got := records(t, buffer[:size]); slices.Contains(got, hostName+" A "+own.String()) {
			return
		}
	}
	t.Errorf("nobody answered on %s", ifi.Name)
}

// multicast is an interface that can, and its address.
func multicast(t *testing.T) (*net.Interface, netip.Addr) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagMulticast == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && local(p.Addr()) {
				return &i, p.Addr()
			}
		}
	}
	t.Skip("SKIP: no interface has multicast and a private address")
	return nil, netip.Addr{}
}

func FuzzRead(f *testing.F) {
	n := namesOf(f)
	f.Add(ask(f, kindName, dnsmessage.TypePTR, dnsmessage.ClassINET))
	f.Add(ask(f, hostName, dnsmessage.TypeALL, dnsmessage.ClassANY))
	if packet, err := n.answer(service(), reply{all: true}); err == nil {
		f.Add(packet)
	}
	f.Add([]byte{0, 1, 0x84})
	f.Fuzz(func(t *testing.T, packet []byte) {
		q, err := n.read(packet)
		if err != nil {
			return
		}
		if len(q.wanted) > maxQuestions {
			t.Fatalf("%d questions", len(q.wanted))
		}
		if _, err := n.answer(service(), reply{id: q.id, questions: q.questions, wanted: q.wanted, plain: true}); err != nil {
			t.Fatalf("what was asked cannot be answered: %v", err)
		}
	})
}
