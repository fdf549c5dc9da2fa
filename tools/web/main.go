// Command web builds the ten-foot page: it bundles internal/ui/web/src into
// internal/ui/web/dist with esbuild's Go API, without node and without a
// network. The same sources give the same bytes.
//
//	go run ./web          write dist
//	go run ./web -check   exit 1 if dist is not what the sources give
//	go run ./web -test    bundle the page's unit tests and run them with node
//
// It must be started in the tools module, whose parent is the product.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

var errStale = errors.New("the built page is not current: run make web and commit internal/ui/web/dist")

func main() {
	check := flag.Bool("check", false, "only compare: exit 1 if dist is not current")
	test := flag.Bool("test", false, "run the page's unit tests with node")
	root := flag.String("root", filepath.Join("..", "internal", "ui", "web"), "folder of the page")
	flag.Parse()
	if err := run(*root, *check, *test); err != nil {
		fmt.Fprintln(os.Stderr, "web:", err)
		os.Exit(1)
	}
}

func run(root string, check, test bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return fmt.Errorf("find the page: %w", err)
	}
	if test {
		return runTests(root)
	}
	files, err := build(root)
	if err != nil {
		return err
	}
	if check {
		return compare(filepath.Join(root, "dist"), files)
	}
	report(files)
	return write(filepath.Join(root, "dist"), files)
}
