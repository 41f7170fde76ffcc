// Package challenger lets op-challenger drive Tribunal.
package challenger

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/ethereum-optimism/optimism/op-challenger/config"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum-optimism/optimism/op-challenger/metrics"
	"github.com/ethereum/go-ethereum/log"
)

// recorder is a program in the place of the VM that writes its arguments to a file.
const recorder = `#!/bin/sh
printf '%s\0' "$@" >"$0.arguments"
`

// Arguments are those with which op-challenger, as it is configured by default, runs a VM from a prestate to the proof of
// a step. For math.MaxUint64 it runs to the end. The VM writes to a folder, and its server is started with a command.
func Arguments(ctx context.Context, folder, prestate string, step uint64, server []string) ([]string, error) {
	program := filepath.Join(folder, "recorder")
	if err := os.WriteFile(program, []byte(recorder), 0o755); err != nil {
		return nil, err
	}
	executor := vm.NewExecutor(
		log.NewLogger(slog.DiscardHandler), metrics.NoopMetrics.ToTypedVmMetrics("bench"),
		vm.Config{
			VmBin: program, SnapshotFreq: config.DefaultCannonSnapshotFreq, InfoFreq: config.DefaultCannonInfoFreq,
			BinarySnapshots: true, DebugInfo: true,
		},
		command(server), prestate, utils.LocalGameInputs{},
	)
	if err := executor.DoGenerateProof(ctx, folder, 0, step); err != nil {
		return nil, err
	}
	recorded, err := os.ReadFile(program + ".arguments")
	if err != nil {
		return nil, fmt.Errorf("op-challenger did not start the VM: %w", err)
	}
	return strings.Split(strings.TrimSuffix(string(recorded), "\x00"), "\x00"), nil
}

// command is a server whose command line is known.
type command []string

func (c command) OracleCommand(vm.Config, string, utils.LocalGameInputs) ([]string, error) {
	return c, nil
}
