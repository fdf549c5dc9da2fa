package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	randv2 "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"usher-release": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

// maker runs the command in a folder.
type maker struct {
	t   *testing.T
	dir string
}

func (m maker) path(name string) string { return filepath.Join(m.dir, name) }

// do runs a line of words; names with a colon in front are below the folder.
func (m maker) do(line string) string {
	m.t.Helper()
	words := strings.Fields(line)
	for i, w := range words {
		words[i] = regexp.MustCompile(`(^|,):`).ReplaceAllString(w, "${1}"+m.dir+"/")
	}
	var out, errOut bytes.Buffer
	if code := run(context.Background(), words, &out, &errOut); code != 0 {
		m.t.Fatalf("%s: exit %d: %s", line, code, errOut.String())
	}
	return out.String()
}

// release builds, signs by two of three, and publishes.
func (m maker) release(image, version string) {
	m.t.Helper()
	m.do("build -repo :repo -image :" + image + " -version " + version + " -board stick -counter 1 -percent 100")
	m.do("sign -key :t1,:t3 :repo/staged/targets.json")
	m.do("publish -repo :repo -key :o")
}

// The whole way: keys, an image, signatures, nginx over TLS, a box.
func TestServedByNginx(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("SKIP: nginx not installed; apt-get install nginx-light")
	}
	m := maker{t, t.TempDir()}
	for _, k := range []string{"r1", "r2", "r3", "t1", "t2", "t3", "o"} {
		m.do("key :" + k)
	}
	m.do("root -repo :repo -root :r1.pub,:r2.pub,:r3.pub -releases :t1.pub,:t2.pub,:t3.pub -online :o.pub")
	m.do("sign -key :r2,:r3 :repo/staged/root.json")
	one := make([]byte, 1<<20+1<<19+99)
	_, _ = randv2.NewChaCha8([32]byte{1}).Read(one)
	two := bytes.Clone(one)
	copy(two[1<<20:], bytes.Repeat([]byte("changed "), 8192))
	m.write("one", one)
	m.write("two", two)
	m.release("one", "1")
	base := m.nginx()
	fetch := "fetch -url " + base + " -ca :cert.pem -root :repo/public/metadata/1.root.json -board stick "
	said := m.do(fetch + "-out :got1")
	m.same("got1", one)
	if n := fetched(t, said); n < 1<<20+1<<19 || n > 2<<20 {
		t.Errorf("%d bytes for the whole image", n)
	}
	m.release("two", "2")
	said = m.do(fetch + "-present 1 -old :got1 -out :got2")
	m.same("got2", two)
	if n := fetched(t, said); n > 40<<10 {
		t.Errorf("%d bytes for 64 KiB of text that changed", n)
	}
	t.Log(said)
	if said := m.do(fetch + "-present 2"); !strings.Contains(said, "nothing to install") {
		t.Error(said)
	}
}

func (m maker) write(name string, data []byte) {
	m.t.Helper()
	if err := os.WriteFile(m.path(name), data, 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func (m maker) same(name string, want []byte) {
	m.t.Helper()
	got, err := os.ReadFile(m.path(name))
	if err != nil || !bytes.Equal(got, want) {
		m.t.Fatalf("%s is another image: %v", name, err)
	}
}

func fetched(t *testing.T, said string) int {
	t.Helper()
	found := regexp.MustCompile(`(\d+) bytes were fetched`).FindStringSubmatch(said)
	if found == nil {
		t.Fatal(said)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nginx serves the repository until the test ends.
func (m maker) nginx() (base string) {
	m.t.Helper()
	m.certificate()
	for _, dir := range []string{m.dir, m.path("repo"), m.path("repo/public")} {
		if err := os.Chmod(dir, 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		m.t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		m.t.Fatal(err)
	}
	user := "" // the files are below a folder of this user only
	if os.Getuid() == 0 {
		user = "user root;"
	}
	m.write("nginx.conf", fmt.Appendf(nil, `daemon off; %s pid %[2]s/pid; error_log %[2]s/error.log; events {}
http { access_log off; client_body_temp_path %[2]s/a; proxy_temp_path %[2]s/b; fastcgi_temp_path %[2]s/c; uwsgi_temp_path %[2]s/d; scgi_temp_path %[2]s/e;
server { listen %[3]s ssl; ssl_certificate %[2]s/cert.pem; ssl_certificate_key %[2]s/key.pem; root %[2]s/repo/public; } }
`, user, m.dir, address))
	c := exec.Command("nginx", "-c", m.path("nginx.conf"), "-e", m.path("error.log"))
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return "https://" + address + "/"
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(m.path("error.log"))
			m.t.Fatalf("nginx does not start: %s", text)
		}
	}
}

// certificate is the web server's, its own authority.
func (m maker) certificate() {
	m.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "updates"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		m.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	m.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}
