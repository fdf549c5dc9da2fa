package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peers are all caches of the comparison, Usher first. Each has 64 MiB of
// memory where that can be set, as Usher has by default, and a folder on the
// same disk.
func peers(o options) []*peer {
	return []*peer{
		{name: "Usher", what: "this tree, default settings", prepare: o.usherConfig, await: usherReady, list: o.usherList, keep: o.usherKeep},
		{name: "nginx lock", what: "proxy_cache with proxy_cache_lock", prepare: nginxConfig("")},
		{name: "nginx slice", what: "proxy_cache with slice 1m and lock", prepare: nginxConfig("slice 1m;")},
		{name: "Varnish", what: "malloc, streaming (Debian's defaults)", prepare: varnishConfig},
		{name: "Traffic Server", what: "read-while-writer, background fill", prepare: trafficConfig},
		{name: "Squid", what: "ufs, collapsed_forwarding", prepare: squidConfig},
		{name: "hls-proxy", what: "npm @warren-bank/hls-proxy, prefetch into memory", prepare: o.hlsProxyConfig, list: hlsProxyList},
	}
}

func (o options) usherConfig(p *peer) ([]string, error) {
	daemon, err := filepath.Abs(o.usherd)
	if err != nil {
		return nil, fmt.Errorf("find usherd: %w", err)
	}
	// A service in the house, so that an origin on loopback is allowed.
	config, err := p.write("usher.toml", `[player]
kind = "simulated"
[[service]]
id = "bench"
url = "`+p.origin.base+`"
`)
	if err != nil {
		return nil, err
	}
	return []string{
		daemon, "-config", config, "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", filepath.Join(p.dir, "s"),
		"-state", filepath.Join(p.dir, "state"), "-cache", filepath.Join(p.dir, "cache"), "-ready-file", filepath.Join(p.dir, "ready"),
	}, nil
}

func usherReady(ctx context.Context, p *peer) error {
	ready := filepath.Join(p.dir, "ready")
	err := p.until(ctx, func() bool {
		var at struct{ PID int }
		data, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(data, &at) == nil && at.PID == p.cmd.Process.Pid
	})
	return err
}

func (o options) usherList(ctx context.Context, p *peer, playlist string) (string, error) {
	return o.tell(ctx, p, "url", playlist)
}

func (o options) usherKeep(ctx context.Context, p *peer, playlist string) error {
	if _, err := o.tell(ctx, p, "prefetch", playlist); err != nil {
		return err
	}
	_, err := o.tell(ctx, p, "pin", playlist)
	return err
}

// tell runs usher cache.
func (o options) tell(ctx context.Context, p *peer, words ...string) (string, error) {
	cmd := exec.CommandContext(ctx, o.usher, append([]string{"-socket", filepath.Join(p.dir, "s"), "cache"}, words...)...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("usher cache %s: %s", words[0], strings.Join(strings.Fields(string(exit.Stderr)), " "))
	}
	return strings.TrimSpace(string(out)), err
}

func nginxConfig(slice string) func(*peer) ([]string, error) {
	return func(p *peer) ([]string, error) {
		binary, err := find("nginx")
		if err != nil {
			return nil, err
		}
		key, span := "$uri", ""
		if slice != "" {
			key, span = "$uri$slice_range", "proxy_set_header Range $slice_range;"
		}
		config, err := p.write("nginx.conf", fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/pid; error_log %[1]s/error.log;
%[6]s
events { worker_connections 512; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  proxy_cache_path %[1]s/cache levels=1:2 keys_zone=a:10m max_size=2g inactive=1d use_temp_path=off;
  server {
    listen 127.0.0.1:%[2]s;
    location / {
      proxy_pass http://127.0.0.1:%[3]s; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache a; proxy_cache_key %[4]s; proxy_cache_valid 200 206 1d;
      proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;
      %[5]s
    }
  }
}
`, p.dir, p.port, p.origin.port(), key, slice+span, userLine()))
		return []string{binary, "-p", p.dir, "-e", filepath.Join(p.dir, "error.log"), "-c", config}, err
	}
}

// userLine has the workers run as who started them.
func userLine() string {
	if os.Getuid() == 0 {
		return "user root;"
	}
	return ""
}

func varnishConfig(p *peer) ([]string, error) {
	binary, err := find("varnishd")
	if err != nil {
		return nil, err
	}
	config, err := p.write("default.vcl", fmt.Sprintf("vcl 4.1;\nbackend default { .host = \"127.0.0.1\"; .port = \"%s\"; }\n", p.origin.port()))
	return []string{
		binary, "-F", "-j", "none", "-f", config, "-a", "127.0.0.1:" + p.port, "-T", "none",
		"-n", filepath.Join(p.dir, "v"), "-s", "malloc,256m",
	}, err
}

func trafficConfig(p *peer) ([]string, error) {
	binary, err := find("traffic_server")
	if err != nil {
		return nil, err
	}
	files := map[string]string{
		"runroot.yaml": fmt.Sprintf(`prefix: %[1]s
exec_prefix: %[1]s
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: %[1]s/etc
datadir: %[1]s/data
includedir: %[1]s/include
libdir: %[1]s/lib
libexecdir: %[1]s/modules
localstatedir: %[1]s/var
runtimedir: %[1]s/run
logdir: %[1]s/log
cachedir: %[1]s/cache
`, p.dir),
		"etc/records.config": fmt.Sprintf(`CONFIG proxy.config.http.server_ports STRING %s:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING %s
CONFIG proxy.config.cache.enable_read_while_writer INT 1
CONFIG proxy.config.http.background_fill_active_timeout INT 0
CONFIG proxy.config.http.background_fill_completed_threshold FLOAT 0.0
CONFIG proxy.config.cache.ram_cache.size INT 64M
CONFIG proxy.config.cache.ram_cache_cutoff INT 16M
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.hostdb.host_file.path STRING /etc/hosts
`, p.port, ownerName("trafficserver")),
		"etc/storage.config": p.dir + "/cache 512M\n",
		"etc/remap.config":   "map / " + p.origin.base + "/\n",
		"etc/plugin.config":  "",
		"etc/ip_allow.yaml":  "ip_allow:\n  - apply: in\n    ip_addrs: 127.0.0.1\n    action: allow\n    methods: ALL\n",
		"log/none":           "", "run/none": "", "cache/none": "", "var/none": "", "data/none": "",
	}
	for name, text := range files {
		if _, err := p.write(name, text); err != nil {
			return nil, err
		}
	}
	if err := give(p.dir, "trafficserver"); err != nil {
		return nil, err
	}
	return []string{binary, "--run-root=" + p.dir + "/runroot.yaml"}, nil
}

func squidConfig(p *peer) ([]string, error) {
	binary, err := find("squid")
	if err != nil {
		return nil, err
	}
	config, err := p.write("squid.conf", fmt.Sprintf(`http_port 127.0.0.1:%[2]s accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent %[3]s 0 no-query originserver name=origin
http_access allow all
cache_effective_user %[4]s
visible_hostname bench
cache_dir ufs %[1]s/cache 512 16 16
cache_mem 64 MB
maximum_object_size_in_memory 16 MB
maximum_object_size 64 MB
collapsed_forwarding on
access_log none
cache_log %[1]s/cache.log
cache_store_log none
pid_filename %[1]s/pid
coredump_dir %[1]s
pinger_enable off
shutdown_lifetime 0 seconds
`, p.dir, p.port, p.origin.port(), ownerName("proxy")))
	if err != nil {
		return nil, err
	}
	if err := give(p.dir, "proxy"); err != nil {
		return nil, err
	}
	if out, err := exec.Command(binary, "-N", "-z", "-f", config).CombinedOutput(); err != nil { //nolint:noctx // it ends by itself
		return nil, fmt.Errorf("make the folders of squid: %w: %s", err, out)
	}
	return []string{binary, "-N", "-f", config}, nil
}

func (o options) hlsProxyConfig(p *peer) ([]string, error) {
	node, err := find("node")
	if err != nil {
		return nil, err
	}
	script, err := filepath.Abs(filepath.Join(o.npm, "node_modules/@warren-bank/hls-proxy/hls-proxy/bin/hlsd.js"))
	if err != nil {
		return nil, fmt.Errorf("find hls-proxy: %w", err)
	}
	if _, err := os.Stat(script); err != nil {
		return nil, errors.New("the npm package is not installed")
	}
	return []string{
		node, script, "--port", p.port, "--host", "127.0.0.1:" + p.port, "--acl-ip", "127.0.0.1",
		"--prefetch", "--max-segments", "50", "--cache-timeout", "0", "--cache-key", "2", "--cache-storage", "memory", "-v", "-1",
	}, nil
}

func hlsProxyList(_ context.Context, p *peer, playlist string) (string, error) {
	return "http://127.0.0.1:" + p.port + "/" + base64.StdEncoding.EncodeToString([]byte(playlist)) + ".m3u8", nil
}

// find is a program's path, also where only root's shell looks.
func find(name string) (string, error) {
	for _, try := range []string{name, "/usr/sbin/" + name} {
		if at, err := exec.LookPath(try); err == nil {
			return at, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}

// ownerName is the user that a peer changes to when root starts it.
func ownerName(name string) string {
	if os.Getuid() == 0 {
		return name
	}
	if me, err := user.Current(); err == nil {
		return me.Username
	}
	return name
}

// give makes a peer's folder belong to the user that it changes to.
func give(dir, name string) error {
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("find user %s: %w", name, err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	return filepath.WalkDir(dir, func(at string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(at, uid, gid)
	})
}

// versionOf is what a program says of itself, for the report.
func versionOf(p *peer) string {
	if p.argv == nil {
		return ""
	}
	if filepath.Base(p.argv[0]) == "node" {
		return npmVersion(p.argv[1])
	}
	ask := map[string][]string{"nginx": {"-v"}, "varnishd": {"-V"}, "traffic_server": {"-V"}, "squid": {"-v"}, "usherd": {"-version"}}
	flags, ok := ask[filepath.Base(p.argv[0])]
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if filepath.Base(p.argv[0]) == "usherd" {
		out, _ := exec.CommandContext(ctx, p.argv[0], flags...).Output()
		return strings.TrimPrefix(strings.TrimSpace(string(out)), "usherd ")
	}
	out, _ := exec.CommandContext(ctx, p.argv[0], flags...).CombinedOutput()
	for word := range strings.FieldsSeq(string(out)) {
		for part := range strings.SplitSeq(strings.TrimLeft(word, "("), "/") {
			if v := strings.TrimPrefix(strings.TrimPrefix(part, "varnish-"), "v"); v != "" && v[0] >= '0' && v[0] <= '9' && strings.Contains(v, ".") {
				return v
			}
		}
	}
	return ""
}

// npmVersion is that of the package which a script is in.
func npmVersion(script string) string {
	var about struct{ Version string }
	data, err := os.ReadFile(filepath.Join(filepath.Dir(script), "../../package.json"))
	if err != nil || json.Unmarshal(data, &about) != nil {
		return ""
	}
	return about.Version
}
