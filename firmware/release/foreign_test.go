package release

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"
)

// A client of TUF that is not ours reads what is published, after a rotation as
// well: nothing in the repository is Usher's own way of TUF.
func TestForeignClientReadsIt(t *testing.T) {
	h := newHouse(t)
	h.begin()
	root, err := os.ReadFile(filepath.Join(h.Public(), "metadata", "1.root.json"))
	h.must(err)
	kept := h.root[:2]
	h.root = h.root[1:]
	h.root = append(h.root, h.key("root3"))
	h.must(h.StageRoot(h.plan()))
	h.sign("root", kept...)
	h.sign("root", h.root[2])
	h.build("1.1")
	h.sign("targets", h.releases[:2]...)
	h.publish()

	web := httptest.NewServer(http.FileServer(http.Dir(h.Public())))
	defer web.Close()
	cfg, err := config.New(web.URL+"/metadata", root)
	h.must(err)
	cfg.RemoteTargetsURL, cfg.DisableLocalCache = web.URL+"/targets", true
	h.must(cfg.SetDefaultFetcherHTTPClient(web.Client()))
	client, err := updater.New(cfg)
	h.must(err)
	client.UnsafeSetRefTime(h.at)
	h.must(client.Refresh())
	for _, name := range []string{"stick/1.0.json", "stick/1.1.json"} {
		info, err := client.GetTargetInfo(name)
		h.must(err)
		_, data, err := client.DownloadTarget(info, "", "")
		h.must(err)
		if !bytes.Contains(data, []byte(`"chunkSize":1048576`)) {
			t.Errorf("%s is %s", name, data)
		}
	}
}
