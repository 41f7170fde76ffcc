package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/rpc"

	"tribunal/conformance/devnet/plan"
)

var logger = log.NewLogger(log.NewTerminalHandlerWithLevel(os.Stderr, log.LevelError, false))

func started(t *testing.T, o options) *devnet {
	t.Helper()
	log.SetDefault(logger)
	o.seed, o.rounds = max(o.seed, 1), plan.MinRounds
	d, err := start(context.Background(), logger, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var sharedOnce sync.Once
var sharedDevnet *devnet

// shared is the devnet of the tests that only read.
func shared(t *testing.T) *devnet {
	t.Helper()
	sharedOnce.Do(func() { sharedDevnet = started(t, options{fork: "karst", claims: 12}) })
	if sharedDevnet == nil {
		t.Fatal("there is no devnet")
	}
	return sharedDevnet
}

// dial connects to an endpoint, with a profile behind its address.
func dial(t *testing.T, d *devnet, endpoint, profile string) *rpc.Client {
	t.Helper()
	c, err := rpc.Dial(d.line.Endpoints[endpoint] + profile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestTheSameSeedGivesTheSameLine(t *testing.T) {
	var lines, files [2]string
	for i := range lines {
		out := t.TempDir()
		d := started(t, options{fork: "holocene", seed: 7, claims: 6, out: out})
		d.line.Endpoints, d.line.Out = nil, nil
		b, err := json.Marshal(d.line)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(b)
		for _, name := range []string{"rollup.json", "rollup-op-node.json", "l1-genesis-config.json", "l2-chain-config.json", "l2-genesis.json", "claims.json", "blocks.json"} {
			b, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			files[i] += string(b)
		}
		d.close()
	}
	if lines[0] != lines[1] {
		t.Errorf("two runs printed\n%s\n%s", lines[0], lines[1])
	}
	if files[0] != files[1] {
		t.Error("two runs wrote different files")
	}
}

func TestClaimsAreTrueAndFalse(t *testing.T) {
	d := shared(t)
	verdicts := map[bool]int{}
	starts := map[[2]uint64]bool{}
	across := false
	for _, c := range d.line.Claims {
		verdicts[c.Valid]++
		starts[[2]uint64{c.L1HeadNumber, c.AgreedNumber}] = true
		turn := d.line.Activation
		across = across || c.Valid && c.AgreedNumber+1 < turn && turn < c.ClaimedNumber
		if c.Valid && c.ClaimedNumber <= c.DerivableNumber && d.line.L2.Blocks[c.ClaimedNumber].OutputRoot != c.ClaimedRoot {
			t.Errorf("%q is valid, but the chain has another root", c.Note)
		}
	}
	if verdicts[true] < 4 || verdicts[false] < 3 || !across || len(starts) > 5 {
		t.Errorf("the claims are %v, %d derivations, across the activation: %v", verdicts, len(starts), across)
	}
}

func TestUnknownForksAndTooFewRoundsAreRefused(t *testing.T) {
	for _, o := range []options{{fork: "bedrock", rounds: plan.MinRounds}, {fork: "karst", rounds: 2}} {
		if _, err := start(context.Background(), logger, o); err == nil {
			t.Errorf("%+v started", o)
		}
	}
}

func TestLagoonIsRefusedWithTheReason(t *testing.T) {
	for _, o := range []options{{fork: "lagoon", rounds: plan.MinRounds}, {active: "lagoon", rounds: plan.MinRounds}} {
		if _, err := start(context.Background(), logger, o); err == nil || !strings.Contains(err.Error(), "depend on each other") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
