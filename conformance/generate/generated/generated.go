// Package generated knows where generated files belong, writes them, and compares them with those in the repository.
package generated

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Optimism is the module that the generators read.
const Optimism = "github.com/ethereum-optimism/optimism"

// Files maps paths below the folder of the rollup crate's sources to contents.
type Files map[string][]byte

// Sources is the folder of the rollup crate's sources.
func Sources() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "crates", "rollup", "src")
}

// Write writes every file and deletes the other files that match one of the patterns, which are relative to Sources.
func (files Files) Write(patterns ...string) error {
	for path, content := range files {
		full := filepath.Join(Sources(), path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, content, 0o644); err != nil {
			return err
		}
	}
	stale, err := files.stale(patterns)
	if err != nil {
		return err
	}
	for _, path := range stale {
		if err := os.Remove(filepath.Join(Sources(), path)); err != nil {
			return err
		}
	}
	return nil
}

// Differences says, file by file, in what the repository differs from files: content, files that are missing, and files
// that match one of the patterns and are not generated.
func (files Files) Differences(patterns ...string) ([]string, error) {
	var differences []string
	for path, content := range files {
		found, err := os.ReadFile(filepath.Join(Sources(), path))
		switch {
		case err != nil:
			differences = append(differences, err.Error())
		case !bytes.Equal(found, content):
			differences = append(differences, fmt.Sprintf("%s: %s", path, firstDifference(found, content)))
		}
	}
	stale, err := files.stale(patterns)
	for _, path := range stale {
		differences = append(differences, fmt.Sprintf("%s: the generator does not write this file", path))
	}
	slices.Sort(differences)
	return differences, err
}

func (files Files) stale(patterns []string) ([]string, error) {
	var stale []string
	for _, pattern := range patterns {
		matches, err := filepath.Glob(filepath.Join(Sources(), pattern))
		if err != nil {
			return nil, err
		}
		for _, match := range matches {
			path, err := filepath.Rel(Sources(), match)
			if err != nil {
				return nil, err
			}
			if _, generated := files[filepath.ToSlash(path)]; !generated {
				stale = append(stale, path)
			}
		}
	}
	return stale, nil
}

func firstDifference(found, expected []byte) string {
	foundLines, expectedLines := strings.Split(string(found), "\n"), strings.Split(string(expected), "\n")
	for i, line := range expectedLines {
		if i >= len(foundLines) {
			return fmt.Sprintf("ends before line %d, %q", i+1, line)
		}
		if foundLines[i] != line {
			return fmt.Sprintf("line %d is %q, expected %q", i+1, foundLines[i], line)
		}
	}
	return fmt.Sprintf("%d lines too many", len(foundLines)-len(expectedLines))
}

// ModuleFolder is the folder of module's sources.
func ModuleFolder(ctx context.Context, module string) (string, error) {
	return ask(ctx, "{{.Dir}}", module)
}

// ModuleVersion is the version of module that go.mod names.
func ModuleVersion(ctx context.Context, module string) (string, error) {
	return ask(ctx, "{{.Version}}", module)
}

// ModuleTime is when the version of a module that go.mod pins was made.
func ModuleTime(ctx context.Context, module string) (time.Time, error) {
	answer, err := ask(ctx, "{{.Time.Format \""+time.RFC3339+"\"}}", module)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, answer)
}

func ask(ctx context.Context, format, module string) (string, error) {
	command := exec.CommandContext(ctx, "go", "list", "-m", "-f", format, module)
	_, file, _, _ := runtime.Caller(0)
	command.Dir = filepath.Dir(file)
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go list -m %s: %w", module, err)
	}
	return strings.TrimSpace(string(output)), nil
}
