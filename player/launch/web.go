//go:build linux

package launch

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// webAccess is how VLC's web interface is reached: on the loopback, on a port
// and with a password that are new with every start.
type webAccess struct {
	port     int
	password string
	config   string // path of the file that tells VLC the password
}

// openWeb chooses them. The password goes into a file of the player's user,
// because everybody can read a command line. The port may be taken by another
// before VLC opens it; then VLC plays on without its tracks.
func openWeb(home string, user uint32) (*webAccess, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("find a port for VLC: %w", err)
	}
	w := &webAccess{port: l.Addr().(*net.TCPAddr).Port, password: rand.Text() + rand.Text(), config: filepath.Join(home, "vlcrc")}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("find a port for VLC: %w", err)
	}
	if err := os.Remove(w.config); err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("remove VLC's old settings: %w", err)
	}
	if err := os.WriteFile(w.config, []byte("http-password="+w.password+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write VLC's settings: %w", err)
	}
	if user != 0 {
		if err := os.Lchown(w.config, int(user), int(user)); err != nil {
			return nil, fmt.Errorf("give VLC its settings: %w", err)
		}
	}
	return w, nil
}

// args are VLC's arguments for it; without, VLC reads no settings at all.
func (w *webAccess) args() []string {
	if w == nil {
		return []string{"--ignore-config", "--no-lua"}
	}
	return []string{"--config=" + w.config, "--extraintf=http", "--http-host=127.0.0.1", fmt.Sprintf("--http-port=%d", w.port)}
}
