package config

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = "../../docs/usher.toml"

// load is Load of a file with this text, after the given arguments.
func load(t testing.TB, file string, environ []string, args ...string) (*Loaded, error) {
	t.Helper()
	if file != "" {
		args = append([]string{"-config", "usher.toml"}, args...)
	}
	return Load(Input{Args: args, Environ: environ, ReadFile: func(string) ([]byte, error) { return []byte(file), nil }})
}

func TestLaterLayersWin(t *testing.T) {
	const file = "listen = '127.0.0.1:1'\nmedia = '127.0.0.1:2'\n[player]\nkind = 'simulated'\n"
	env := []string{"USHER_LISTEN=127.0.0.1:3", "USHER_PLAYER_BUS=private", "HOME=/root"}
	l, err := load(t, file, env, "-listen", "[::1]:4", "-state=/tmp/x")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Listen, want.Media, want.StateDir = "[::1]:4", "127.0.0.1:2", "/tmp/x"
	want.Player.Kind, want.Player.Bus = "simulated", "private"
	if diff := cmp.Diff(want, l.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	sources := map[string]string{}
	for _, k := range []string{"listen", "media", "state_dir", "player.kind", "player.bus", "cache.ram"} {
		sources[k] = l.Source(k).String()
	}
	wantSources := map[string]string{
		"listen": "flag -listen", "media": "file usher.toml:2", "state_dir": "flag -state",
		"player.kind": "file usher.toml:4", "player.bus": "environment USHER_PLAYER_BUS", "cache.ram": "default",
	}
	if diff := cmp.Diff(wantSources, sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestInvocation(t *testing.T) {
	l, err := load(t, "", nil, "-demo", "-paid", "-ready-file", "/tmp/r", "-print-config", "-clear-cec", "-version", "-socket", "/run/u.sock", "-cache", "/c", "-media", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	if !l.Demo || !l.Paid || l.ReadyFile != "/tmp/r" || !l.PrintConfig || !l.ClearCEC || !l.ShowVersion || l.Socket != "/run/u.sock" || l.CacheDir != "/c" || l.Media != "localhost:0" {
		t.Errorf("loaded %+v", l)
	}
}

func TestServices(t *testing.T) {
	want := []Service{{ID: "films", URL: "https://films.example"}, {ID: "anime", URL: "http://anime.example/tv"}}
	for name, l := range map[string]func() (*Loaded, error){
		"tables": func() (*Loaded, error) {
			return load(t, "[[service]]\nid='films'\nurl='https://films.example'\n[[service]]\nid='anime'\nurl='http://anime.example/tv'\n", nil)
		},
		"inline": func() (*Loaded, error) {
			return load(t, "service=[{id='films',url='https://films.example'},{id='anime',url='http://anime.example/tv'}]", nil)
		},
		"environment": func() (*Loaded, error) {
			return load(t, "[[service]]\nid='old'\nurl='https://old.example'\n", []string{"USHER_SERVICES=films=https://films.example anime=http://anime.example/tv"})
		},
	} {
		got, err := l()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got.Services); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, tc := range []struct {
		name, file, env string
		args            []string
		want            []string // all in the message
	}{
		{name: "unknown key", file: "\n\n[player]\nknd = 'mpv'\n", want: []string{"usher.toml:4", "player.knd", "did you mean player.kind?"}},
		{name: "unknown top key", file: "listn = '127.0.0.1:1'", want: []string{"usher.toml:1", "listn", "did you mean listen?"}},
		{name: "forgotten table", file: "kind = 'mpv'", want: []string{"did you mean player.kind?"}},
		{name: "unknown table", file: "[plaier]\n", want: []string{"plaier: no such key"}},
		{name: "nothing like it", file: "quantum = 1", want: []string{"quantum", "usherd -h"}},
		{name: "several", file: "a1 = 1\n[log]\nlevel = 'loud'\n", want: []string{"usher.toml:1: a1", `usher.toml:3: log.level = "loud": must be one of debug, info, warn, error`}},
		{name: "syntax", file: "listen = \n", want: []string{"usher.toml:1", "not TOML"}},
		{name: "twice", file: "listen='127.0.0.1:1'\nlisten='127.0.0.1:1'", want: []string{"usher.toml:2", "already been defined"}},
		{name: "public address", file: "listen = '0.0.0.0:8787'", want: []string{`listen = "0.0.0.0:8787": must be a loopback address`}},
		{name: "public flag", args: []string{"-media", "192.168.1.2:80"}, want: []string{"command line: -media", "192.168.1.2:80", "loopback"}},
		{name: "name as address", args: []string{"-listen", "example.com:80"}, want: []string{"loopback"}},
		{name: "no port", args: []string{"-listen", "127.0.0.1"}, want: []string{"loopback"}},
		{name: "big port", args: []string{"-listen", "127.0.0.1:70000"}, want: []string{"loopback"}},
		{name: "same address", args: []string{"-media", "127.0.0.1:8787"}, want: []string{"must not be the address of listen"}},
		{name: "size", file: "[cache]\nram = '64 apples'", want: []string{`cache.ram = "64 apples"`, "64MiB"}},
		{name: "size without quotes", file: "[cache]\nram = 64", want: []string{"cache.ram", "text in quotes"}},
		{name: "rate", env: "USHER_CACHE_START_BANDWIDTH=fast", want: []string{`environment: USHER_CACHE_START_BANDWIDTH = "fast"`, "3.5mbit"}},
		{name: "front panel", file: "[panel]\nparts = ['led:power', 'tm1637:GPIO17']", want: []string{"usher.toml:2", "tm1637:GPIO17,GPIO27", `not "tm1637:GPIO17"`}},
		{name: "part of no kind", args: nil, file: "[panel]\nparts = ['lamp:x']", want: []string{"led:power"}},
		{name: "keymap somewhere", file: "[remote]\nkeymap = 'keymap.json'", want: []string{"an absolute path"}},
		{name: "tv mode", file: "[tv]\nmode = 'on'", want: []string{"tv.mode", "full, wake_only, keys_only, off"}},
		{name: "tv name", file: "[tv]\nname = 'A name that is too long'", want: []string{"tv.name", "1 to 14"}},
		{name: "height", file: "[cache]\nmax_height = 9", want: []string{"144 to 4320"}},
		{name: "height in quotes", file: "[cache]\nmax_height = '720'", want: []string{"without quotes"}},
		{name: "height not whole", file: "[cache]\nmax_height = 720.5", want: []string{"whole number"}},
		{name: "duration", file: "[cache]\nhold = '-1s'", want: []string{"90s"}},
		{name: "night", file: "[prefetch]\nnight = '2-5'", want: []string{"02:00-05:00"}},
		{name: "empty night", file: "[prefetch]\nnight = '02:00-02:00'", want: []string{"prefetch.night", "part of the day"}},
		{name: "kits", file: "[prefetch]\nkits = 'some'", want: []string{"on, off"}},
		{name: "metered", file: "[network]\nmetered = 'maybe'", want: []string{"auto, yes, no"}},
		{name: "kind", file: "[player]\nkind = 'kodi'", want: []string{"mpv, vlc, mpris, simulated"}},
		{name: "bus", file: "[player]\nbus = 'main'", want: []string{"unix:path="}},
		{name: "name", file: "[player]\nname = 'vlc'", want: []string{"org.mpris.MediaPlayer2.vlc"}},
		{name: "command", file: "[player]\ncommand = 'mpv'", want: []string{"list of words"}},
		{name: "mixed command", file: "[player]\ncommand = ['mpv', 1]", want: []string{"list of words"}},
		{name: "relative folder", args: []string{"-state", "here"}, want: []string{`-state = "here"`, "absolute path"}},
		{name: "long socket", args: []string{"-socket", "/" + strings.Repeat("x", 107)}, want: []string{"107 bytes"}},
		{name: "language", file: "language = 'klingon-and-more'", want: []string{"BCP 47"}},
		{name: "subtitles", file: "subtitles = 'all of them'", want: []string{"BCP 47"}},
		{name: "country", file: "country = 'de'", want: []string{"capitals"}},
		{name: "service table", file: "[service]\nid = 'x'", want: []string{"[[service]]"}},
		{name: "service key", file: "[[service]]\nid = 'x'\nurl = 'http://x'\nurll = 'y'", want: []string{"service 1: urll", "did you mean service 1: url?"}},
		{name: "service id", file: "[[service]]\nid = 'X'\nurl = 'http://x'", want: []string{"service 1: id", "lower-case"}},
		{name: "service url", file: "[[service]]\nid = 'x'\nurl = 'ftp://x'", want: []string{"service 1: url", "https://films.example"}},
		{name: "service twice", file: "service=[{id='x',url='http://x'},{id='x',url='http://y'}]", want: []string{"service 2: id", "twice"}},
		{name: "connections", file: "[cache]\nconnections = 0", want: []string{"cache.connections", "1 to 64"}},
		{name: "signing", file: "[[service]]\nid='x'\nurl='http://x'\nsigning_parameters='token'", want: []string{"service 1: signing_parameters", "a list"}},
		{name: "signing word", file: "[[service]]\nid='x'\nurl='http://x'\nsigning_parameters=['a=b']", want: []string{"service 1: signing_parameters", "query parameter", "a=b"}},
		{name: "media host", file: "[[service]]\nid='x'\nurl='http://x'\nsigning_parameters=['t']\nmedia_hosts=['https://cdn']", want: []string{"service 1: media_hosts", "cdn.films.example", "https://cdn"}},
		{name: "hosts alone", file: "[[service]]\nid='x'\nurl='http://x'\nmedia_hosts=['cdn']", want: []string{"service 1: media_hosts", "signing_parameters"}},
		{name: "flag", args: []string{"-lisen", "x"}, want: []string{"command line", "-lisen", "did you mean -listen?"}},
		{name: "a flag of the demo", args: []string{"-paid"}, want: []string{"-paid", "usherd -demo -paid"}},
		{name: "flag value", args: []string{"-demo=perhaps"}, want: []string{"command line", "perhaps"}},
		{name: "argument", args: []string{"start"}, want: []string{"start", "flags only"}},
		{name: "long file", file: strings.Repeat("#", maxFile+1), want: []string{"larger than"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := load(t, tc.file, []string{tc.env}, tc.args...)
			var e *Error
			if !errors.As(err, &e) || e.ExitCode() != 2 {
				t.Fatalf("err = %v, want an *Error with exit code 2", err)
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("message lacks %q:\n%v", w, err)
				}
			}
		})
	}
}

func TestSecretsAreNotRepeated(t *testing.T) {
	_, err := load(t, "[[service]]\nid='x'\nurl='https://user:hunter2@x/?token=hunter2'", nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("err = %v; want one that does not repeat the address", err)
	}
}

func TestMissingFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "none.toml")
	_, err := Load(Input{Args: []string{"-config", name}})
	var e *Error
	if !errors.As(err, &e) || e.Where != name || !strings.Contains(e.Text, fs.ErrNotExist.Error()[len("file "):]) && !strings.Contains(e.Text, "no such file") {
		t.Errorf("err = %v, want one that names the file", err)
	}
}

func TestFileFromEnvironment(t *testing.T) {
	name := filepath.Join(t.TempDir(), "usher.toml")
	if err := os.WriteFile(name, []byte("country = 'TH'"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Load(Input{Environ: []string{"USHER_CONFIG=" + name}})
	if err != nil || l.Country != "TH" || l.File != name {
		t.Errorf("Load = %+v, %v", l, err)
	}
}

func TestEnvironmentSlipsAreWarnedOf(t *testing.T) {
	l, err := load(t, "", []string{"USHER_LISTN=x", "USHER_STREAMS=short"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"environment variable USHER_LISTN means nothing; USHER_LISTEN would"}
	if diff := cmp.Diff(want, l.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestHelp(t *testing.T) {
	if _, err := load(t, "", nil, "-h"); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: err = %v, want flag.ErrHelp", err)
	}
	help := Usage()
	for _, word := range []string{"-config", "-demo", "-listen", "-media", "-socket", "-state", "-cache", "-ready-file", "-print-config", "-version", "127.0.0.1:8787", "USHER_PLAYER_KIND"} {
		if !strings.Contains(help, word) {
			t.Errorf("help lacks %q", word)
		}
	}
}

func TestPrintIsReadBack(t *testing.T) {
	args := []string{"-listen", "localhost:0", "-cache", "/tmp/\"odd\" \\ näme\t"}
	l, err := load(t, "[player]\ncommand=['mpv','--x=\"y\"']\n[cache]\nram='1500B'\nstart_bandwidth='1234567'\n[[service]]\nid='a'\nurl='http://a'\nsigning_parameters=[]\n[[service]]\nid='b'\nurl='http://b'\nmedia_hosts=['c.b']\nsigning_parameters=['t','X-\"s']", nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	checkPrint(t, l)
	var out bytes.Buffer
	if err := l.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`listen = "localhost:0" # flag -listen`, "# file usher.toml:2", `disk = "2GiB" # default`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, &out)
		}
	}
}

func checkPrint(t *testing.T, l *Loaded) {
	t.Helper()
	var out bytes.Buffer
	if err := l.Print(&out); err != nil {
		t.Fatal(err)
	}
	again, err := load(t, out.String(), nil)
	if err != nil {
		t.Fatalf("read back: %v\n%s", err, &out)
	}
	if diff := cmp.Diff(l.Config, again.Config); diff != "" {
		t.Errorf("after print and load (-want +got):\n%s\n%s", diff, &out)
	}
}

func TestSampleIsTheDefaults(t *testing.T) {
	l, err := Load(Input{Args: []string{"-config", sample}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), l.Config); diff != "" {
		t.Errorf("sample differs from the defaults (-default +sample):\n%s", diff)
	}
	for _, s := range settings() {
		if l.Source(s.key).Kind != FromFile {
			t.Errorf("sample lacks %s", s.key)
		}
	}
}

func TestSampleWithExamplesIsValid(t *testing.T) {
	data, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("\n#[[", "\n[[", "\n#id", "\nid", "\n#url", "\nurl", "\n#signing", "\nsigning", "\n#media", "\nmedia", "\n#issuer", "\nissuer", "\n#client", "\nclient", "\n#scope", "\nscope", "\n#pairing", "\npairing", "\n#allow", "\nallow").Replace(string(data))
	l, err := load(t, text, nil)
	if err != nil || len(l.Services) != 1 {
		t.Errorf("with the examples: %v, %v", l, err)
	}
}

func FuzzLoadFile(f *testing.F) {
	data, err := os.ReadFile(sample)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data))
	f.Add("[[service]]\nid='a'\nurl='http://a'\n")
	f.Add("player.kind='mpv'\n\"player.bus\"='auto'\ncache={ram='1B'}")
	f.Add("service=[{id=1},[]]\na.b.c=1\n[[player]]\nkind=1\n")
	f.Add("listen=\"127.0.0.1:0\"\nstate_dir=\"/\\u0001\"")
	f.Fuzz(func(t *testing.T, file string) {
		l, err := load(t, file+"\n", nil)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T is not an *Error: %v", err, err)
			}
			return
		}
		checkPrint(t, l)
	})
}
