// Package nodes runs the devnet with real nodes, which is the program of another module.
package nodes

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tribunal/conformance/fixtures"
)

// Devnet is a running devnet.
type Devnet struct {
	// Folder has the configs of the chains.
	Folder string
	// Claims are questions about the chains, with the answers of op-node.
	Claims []fixtures.Claim
	// Safe is the number of the last L2 block.
	Safe uint64

	endpoints map[string]*url.URL
	command   *exec.Cmd
	input     io.Closer
}

// line is what the program says about itself, as far as it is needed.
type line struct {
	Endpoints map[string]string `json:"endpoints"`
	Claims    []fixtures.Claim  `json:"claims"`
	L2        struct {
		Safe struct {
			Number uint64 `json:"number"`
		} `json:"safe"`
	} `json:"l2"`
}

// Start runs the program, which writes its files to a folder. The devnet must be closed.
func Start(ctx context.Context, program, folder string, flags ...string) (*Devnet, error) {
	command := exec.CommandContext(ctx, program, append([]string{"--out", folder}, flags...)...)
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var messages strings.Builder
	command.Stderr = &messages
	if err := command.Start(); err != nil {
		return nil, err
	}
	d := &Devnet{Folder: folder, endpoints: map[string]*url.URL{}, command: command, input: input}
	text, err := bufio.NewReader(output).ReadBytes('\n')
	if err == nil {
		err = d.read(text)
	}
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("the devnet did not start: %w\n%s", err, messages.String())
	}
	return d, nil
}

func (d *Devnet) read(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	for name, address := range l.Endpoints {
		parsed, err := url.Parse(address)
		if err != nil {
			return err
		}
		d.endpoints[name] = parsed
	}
	for _, claim := range l.Claims {
		claim.Folder = d.Folder
		d.Claims = append(d.Claims, claim)
	}
	d.Safe = l.L2.Safe.Number
	return nil
}

// patience is how long the program may take to end.
const patience = 10 * time.Second

// Close ends the program, by force if it does not end by itself.
func (d *Devnet) Close() {
	d.input.Close()
	kill := time.AfterFunc(patience, func() { _ = d.command.Process.Kill() })
	defer kill.Stop()
	_ = d.command.Wait()
}

// File is a file of the devnet's folder.
func (d *Devnet) File(name string) string { return filepath.Join(d.Folder, name) }

// Address is that of an endpoint, whose requests are counted under a name.
func (d *Devnet) Address(endpoint, name string) string {
	address := *d.endpoints[endpoint]
	address.Path = "/as/" + name + address.Path
	return address.String()
}

// Requests are the numbers of requests that were made under a name, by endpoint and method.
func (d *Devnet) Requests(ctx context.Context, name string) (map[string]map[string]int, error) {
	address := *d.endpoints["l1"]
	address.Path = "/control/counts/" + name
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	counts := map[string]map[string]int{}
	return counts, json.NewDecoder(answer.Body).Decode(&counts)
}
