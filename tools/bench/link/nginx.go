package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// nginxMPV is mpv behind an nginx with an empty cache.
type nginxMPV struct {
	*mpv
	nginx *process
}

const nginxConfig = `daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 256; }
http {
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3; uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
  proxy_cache_path %[1]s/cache levels=1:2 keys_zone=a:10m max_size=2g inactive=1d use_temp_path=off;
  server {
    listen 127.0.0.1:%[2]s;
    location / {
      proxy_pass %[3]s; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache a; proxy_cache_key $uri; proxy_cache_valid 200 206 1d;
      proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;
    }
  }
}
`

func openNginx(ctx context.Context, s *scene) (player, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(s.dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, s.dir, port, s.origin.base), 0o600); err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	nginx, err := launch(s.dir, 0, nil, "nginx", "-p", s.dir, "-c", config)
	if err != nil {
		return nil, err
	}
	err = until(ctx, "connect to nginx", func() error {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	if err == nil {
		var m *mpv
		if m, err = startMPV(ctx, s, strings.Replace(s.origin.master(s.stream), s.origin.base, "http://127.0.0.1:"+port, 1)); err == nil {
			return &nginxMPV{m, nginx}, nil
		}
	}
	nginx.close()
	return nil, err
}

func (n *nginxMPV) close() { n.mpv.close(); n.nginx.close() }
