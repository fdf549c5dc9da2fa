package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// installer is somebody who sets boxes up from a stick.
type installer struct {
	t            *testing.T
	dir          string
	keys, signer string // what boxes believe, and what it stays with
	service      string // with a household that has a plan, and its tickets
	tickets      map[string]string
}

// newInstaller has a service with a household, a ticket for each serial number,
// and a key that boxes believe.
func newInstaller(t *testing.T, serials ...string) *installer {
	t.Helper()
	i := &installer{t: t, dir: t.TempDir()}
	data := filepath.Join(i.dir, "households")
	i.run("popcorn-and-more\n", "boxoffice", "seed", "-data", data, "-household", "hotel", "-plan", "month")
	made := i.run("", "boxoffice", "tickets", "-data", data, "-household", "hotel", "-serials", strings.Join(serials, ","))
	if err := json.Unmarshal([]byte(made), &i.tickets); err != nil {
		t.Fatal(err)
	}
	i.service = startService(t, "-open-house=false", "-data", data)
	i.signer, i.keys = filepath.Join(i.dir, "site-key.pem"), filepath.Join(i.dir, "site-keys.json")
	i.write("site-keys.json", i.run("", "usher", "bundle", "key", i.signer))
	return i
}

func (i *installer) write(name, text string) string {
	i.t.Helper()
	name = filepath.Join(i.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return name
}

func (i *installer) run(in, name string, args ...string) string {
	i.t.Helper()
	cmd := exec.Command(program(i.t, name), args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		i.t.Fatalf("%s %v: %v", name, args[:2], err)
	}
	return string(out)
}

// stick is a folder with a bundle for the boxes that have tickets.
func (i *installer) stick() string {
	i.t.Helper()
	tickets, serials := map[string]map[string]string{}, []string{}
	for serial, ticket := range i.tickets {
		tickets[serial] = map[string]string{"films": ticket}
		serials = append(serials, serial)
	}
	now := time.Now()
	site, err := json.Marshal(map[string]any{
		"jti": "hotel-1", "aud": serials, "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(24 * time.Hour).Unix(), "seq": 1,
		"services": []map[string]string{{"id": "films", "url": i.service, "issuer": i.service}},
		"settings": map[string]string{"language": "de", "brand": "Hotel North"}, "tickets": tickets,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	i.write("stick/box-provision.jws", i.run("", "usher", "bundle", "sign", i.signer, i.write("site.json", string(site))))
	return filepath.Join(i.dir, "stick")
}

// box is one fresh from its carton.
func (i *installer) box(t *testing.T, serial string) *demo {
	t.Helper()
	config := i.write(serial+".toml", fmt.Sprintf("[player]\nbus = \"private\"\n[remote]\nread = \"off\"\n[keys]\ntier = \"file\"\n[bundle]\nkeys = %q\nserial = %q\n", i.keys, serial))
	return startUsherd(t, "-config", config, "-state", t.TempDir(), "-cache", t.TempDir())
}

// TestABoxFromAStick: a box out of its carton takes the bundle of a stick, is
// connected without a code and plays what the household's plan covers; so does
// the next one with the same stick. A ticket works once, and a box that the
// bundle does not name takes nothing of it.
func TestABoxFromAStick(t *testing.T) {
	needs(t, "mpv")
	i := newInstaller(t, "A1", "A2")
	stick := i.stick()
	for _, serial := range []string{"A1", "A2"} {
		t.Run(serial, func(t *testing.T) {
			d := i.box(t, serial)
			began := time.Now()
			d.must("apply", stick)
			t.Logf("applied and back in %v", time.Since(began).Round(time.Millisecond))
			eventually(t, 20*time.Second, "it is connected", func() bool { return strings.HasPrefix(d.account(), "films: connected") })
			eventually(t, 20*time.Second, "it has a catalogue", func() bool { _, code := d.usher("search", "tea road"); return code == 0 })
			d.wants("films:old-tea-road", 0, "Playing")
			d.waitPhase("playing", 30*time.Second)
			t.Logf("a film of the plan plays after %v", time.Since(began).Round(time.Millisecond))
		})
	}
	used := i.box(t, "A1") // the same box, made as it came, or a copy of it
	out, code := used.usher("apply", stick)
	if code != 4 || !strings.Contains(out, "ticket") {
		t.Errorf("a ticket that was used: exit %d\n%s", code, out)
	}
	used.wants("films:old-tea-road", 3, "not connected")
	foreign := i.box(t, "B1")
	if out, code := foreign.usher("apply", stick); code != 4 || strings.Contains(foreign.must("services"), "films") {
		t.Errorf("a box that is not meant: exit %d\n%s", code, out)
	}
}
