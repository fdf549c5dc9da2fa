package memfs_test

import (
	"testing"
	"testing/fstest"

	"usher/internal/memfs"
)

func TestFilesAreAFileSystem(t *testing.T) {
	if err := fstest.TestFS(memfs.Files{"logo.svg": []byte("<svg/>"), "theme.toml": nil}, "logo.svg", "theme.toml"); err != nil {
		t.Error(err)
	}
}
