// Package subject runs Tribunal's program, the subject of the comparisons.
package subject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tribunal/conformance/trace"
)

// Program is a program with the commands of `tribunal vm`.
type Program struct {
	// Path of the executable.
	Path string
	// Prefix goes before each command: "vm" for Tribunal, nothing for Cannon.
	Prefix []string
	// Folder is where commands run; empty is this process's.
	Folder string
}

// Find looks for Tribunal where TRIBUNAL_BIN says, or where `cargo build --release` puts it, seen from a folder.
func Find(root string) (Program, error) {
	path := os.Getenv("TRIBUNAL_BIN")
	if path == "" {
		path = filepath.Join(root, "target", "release", "tribunal")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return Program{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return Program{}, err
	}
	return Program{Path: path, Prefix: []string{"vm"}}, nil
}

// Tier is a way to execute programs.
type Tier string

const (
	// Fast is the default, with compiled code.
	Fast Tier = "fast"
	// Interpreter is without compiled code.
	Interpreter Tier = "interpreter"
)

// Tiers are all tiers.
var Tiers = []Tier{Interpreter, Fast}

// Run is one run of `tribunal vm run`.
type Run struct {
	Input, Output     string
	Tier              Tier
	StopAt            string
	WitnessAt         string
	SnapshotAt        string
	SnapshotFmt       string
	ProofAt, ProofFmt string
	Server            []string
}

func (r Run) arguments(witnessOut string) []string {
	if r.WitnessAt == "" {
		witnessOut = ""
	}
	out := []string{"run", "--input", r.Input, "--output", r.Output, "--meta", ""}
	for _, flag := range [][2]string{
		{"--stop-at", r.StopAt}, {"--snapshot-at", r.SnapshotAt}, {"--snapshot-fmt", r.SnapshotFmt},
		{"--proof-at", r.ProofAt}, {"--proof-fmt", r.ProofFmt}, {"--witness-at", r.WitnessAt}, {"--witness-out", witnessOut},
	} {
		if flag[1] != "" {
			out = append(out, flag[0], flag[1])
		}
	}
	if r.Tier == Interpreter {
		out = append(out, "--interpreter")
	}
	if len(r.Server) > 0 {
		out = append(append(out, "--"), r.Server...)
	}
	return out
}

// Exit is a program's end with an exit code other than 0.
type Exit struct {
	Code    int
	Command string
	Output  string
}

func (e *Exit) Error() string {
	return fmt.Sprintf("exit code %d of %s\n%s", e.Code, e.Command, e.Output)
}

// Command runs a command and returns its standard output. An exit code other than 0 is an [Exit].
func (p Program) Command(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, p.Path, append(append([]string{}, p.Prefix...), arguments...)...)
	command.Dir = p.Folder
	var out, messages strings.Builder
	command.Stdout, command.Stderr = &out, &messages
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), &Exit{exit.ExitCode(), strings.Join(command.Args, " "), tail(messages.String())}
	}
	return out.String(), err
}

// tail keeps the end of a long output.
func tail(output string) string {
	const most = 3000
	if len(output) > most {
		return "…" + output[len(output)-most:]
	}
	return output
}

// Run runs a program in the VM. With an [Exit] it returns the lines up to the step that failed.
func (p Program) Run(ctx context.Context, run Run) ([]trace.Line, error) {
	// On standard output, since a run that fails writes no file.
	out, err := p.Command(ctx, run.arguments("-")...)
	if run.WitnessAt == "" {
		return nil, err
	}
	lines, readErr := trace.Read(strings.NewReader(out))
	return lines, errors.Join(err, readErr)
}

// LoadELF makes the initial state of a program.
func (p Program) LoadELF(ctx context.Context, version, elf, state, meta string) error {
	_, err := p.Command(ctx, "load-elf", "--type", version, "--path", elf, "--out", state, "--meta", meta)
	return err
}
