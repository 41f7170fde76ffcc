package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"tribunal/conformance/live"
)

// devnet is a running program of conformance/devnet. It ends when its standard input does.
type devnet struct {
	command *exec.Cmd
	input   io.Closer
	folder  string
	line    struct {
		Endpoints map[string]string `json:"endpoints"`
		Claims    []claim           `json:"claims"`
	}
}

// claim is a question about the devnet's chains, and the answer.
type claim struct {
	L1Head        string `json:"l1_head"`
	AgreedHash    string `json:"agreed_l2_head_hash"`
	AgreedRoot    string `json:"agreed_l2_output_root"`
	ClaimedRoot   string `json:"claimed_l2_output_root"`
	ClaimedNumber uint64 `json:"claimed_l2_block_number"`
	Valid         bool   `json:"valid"`
	Note          string `json:"note"`
}

func (c *claim) code() int {
	if c.Valid {
		return 0
	}
	return 1
}

func start(ctx context.Context, o options, fork string) (*devnet, error) {
	folder, err := os.MkdirTemp("", "bench-devnet")
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, o.devnet, "--fork", fork, "--seed", "1", "--claims", "12", "--out", folder, "--latency", o.latency.String())
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	d := &devnet{command: command, input: input, folder: folder}
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &d.line)
	}
	if err != nil {
		d.stop()
		return nil, fmt.Errorf("the line that it prints: %w", err)
	}
	return d, nil
}

// stop ends the program, and removes its files.
func (d *devnet) stop() {
	_ = d.input.Close()
	_ = d.command.Wait() // it ends by itself when its input does
	_ = os.RemoveAll(d.folder)
}

// nodes are the flags that name the nodes behind a recorder.
func (d *devnet) nodes(recorder *live.Recorder) ([]string, error) {
	var flags []string
	for _, node := range []struct{ flag, name string }{
		{"--l1-node-address", "l1"}, {"--l1-beacon-address", "beacon"}, {"--l2-node-address", "l2"},
	} {
		url, err := recorder.URL(d.line.Endpoints[node.name])
		if err != nil {
			return nil, err
		}
		flags = append(flags, node.flag, url)
	}
	return flags, nil
}

// arguments are those of a host that decides a claim.
func (d *devnet) arguments(c claim) []string {
	return []string{
		"host", "single", "--native",
		"--l1-head", c.L1Head, "--agreed-l2-head-hash", c.AgreedHash, "--agreed-l2-output-root", c.AgreedRoot,
		"--claimed-l2-output-root", c.ClaimedRoot, "--claimed-l2-block-number", strconv.FormatUint(c.ClaimedNumber, 10),
		"--rollup-config-path", filepath.Join(d.folder, "rollup.json"),
		"--l1-config-path", filepath.Join(d.folder, "l1-genesis-config.json"),
	}
}
