// Package build makes the programs that the comparisons run: guests, real Cannon, the pre-image server.
package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Root is the repository's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Folder is the folder for all programs that are built.
func Folder() string { return filepath.Join(Root(), "target", "conformance") }

// mips64 are the variables with which the Go tool builds for the fault-proof VM.
var mips64 = []string{"GOOS=linux", "GOARCH=mips64", "GOMIPS64=softfloat", "CGO_ENABLED=0"}

// Guest builds a guest of guests/go and returns its ELF file.
func Guest(ctx context.Context, name string) (string, error) {
	return goBuild(ctx, filepath.Join(Root(), "guests", "go"), "./"+name, "guests/"+name+".elf", mips64)
}

// Guests are the names of all guests of guests/go.
func Guests() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(Root(), "guests", "go", "*", "main.go"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range found {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	return names, nil
}

// Cannon builds real Cannon and returns its executable.
func Cannon(ctx context.Context) (string, error) {
	return goBuild(ctx, module(), "github.com/ethereum-optimism/optimism/cannon", Variant+"/cannon", nil)
}

// Challenger builds op-challenger.
func Challenger(ctx context.Context) (string, error) {
	return goBuild(ctx, module(), "github.com/ethereum-optimism/optimism/op-challenger/cmd", Variant+"/op-challenger", nil)
}

// Oracle builds the pre-image server of the guests.
func Oracle(ctx context.Context) (string, error) {
	return goBuild(ctx, module(), "./cmd/oracle", Variant+"/oracle", nil)
}

// OpProgram builds op-program's client for the fault-proof VM.
func OpProgram(ctx context.Context) (string, error) {
	return goBuild(ctx, module(), "github.com/ethereum-optimism/optimism/op-program/client/cmd", "guests/op-program-client.elf", mips64)
}

// Optimism is the folder of the module that Cannon comes from.
func Optimism(ctx context.Context) (string, error) {
	arguments := append([]string{"list", "-m", "-f", "{{.Dir}}"}, flags...)
	command := exec.CommandContext(ctx, "go", append(arguments, "github.com/ethereum-optimism/optimism")...)
	command.Dir = module()
	output, err := command.Output()
	return strings.TrimSpace(string(output)), err
}

func module() string { return filepath.Join(Root(), "conformance") }

func goBuild(ctx context.Context, folder, target, out string, environment []string) (string, error) {
	path := filepath.Join(Folder(), out)
	arguments := []string{"build", "-o", path}
	if environment != nil {
		// Gives the same bytes in any folder.
		arguments = append(arguments, "-trimpath")
	}
	if folder == module() {
		arguments = append(arguments, flags...)
	}
	command := exec.CommandContext(ctx, "go", append(arguments, target)...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", target, err, output)
	}
	return path, nil
}
