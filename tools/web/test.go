package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// runTests bundles test/*.test.ts and test/*.test.tsx and runs them with
// node's own test runner. Without node it says so loudly and passes: the page
// builds without node, only its unit tests need one.
func runTests(root string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		fmt.Fprintln(os.Stderr, "SKIP: node is not installed; the page's unit tests did not run (apt-get install nodejs)")
		return nil
	}
	tests, err := filepath.Glob(filepath.Join(root, "test", "*.test.ts*"))
	if err != nil || len(tests) == 0 {
		return errors.Join(errors.New("no tests found in internal/ui/web/test"), err)
	}
	dir, err := os.MkdirTemp("", "usher-page-test-")
	if err != nil {
		return fmt.Errorf("make test folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := bundleTests(root, dir, tests); err != nil {
		return err
	}
	built, err := filepath.Glob(filepath.Join(dir, "*.mjs"))
	if err != nil {
		return fmt.Errorf("list test bundles: %w", err)
	}
	cmd := exec.Command(node, append([]string{"--test"}, built...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run the page's tests: %w", err)
	}
	return nil
}

func bundleTests(root, dir string, tests []string) error {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:   root,
		EntryPoints:     tests,
		Outdir:          dir,
		OutExtension:    map[string]string{".js": ".mjs"},
		Bundle:          true,
		Write:           true,
		Format:          api.FormatESModule,
		Platform:        api.PlatformNode,
		JSX:             api.JSXAutomatic,
		JSXImportSource: "preact",
		NodePaths:       []string{filepath.Join(root, "vendor")},
		Define:          map[string]string{"PAGE": `"the page of the tests"`},
	})
	return failure(result.Errors)
}
