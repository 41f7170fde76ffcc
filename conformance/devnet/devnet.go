package main

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/log"

	"github.com/ethereum-optimism/optimism/op-core/forks"

	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/claims"
	"tribunal/conformance/devnet/network"
	"tribunal/conformance/devnet/plan"
	"tribunal/conformance/devnet/report"
	"tribunal/conformance/devnet/serve"
)

// options are the flags that say what to make.
type options struct {
	fork   string
	active string
	seed   int64
	rounds int
	claims int
	out    string
	stale  uint64 // the last L2 block of a node that is behind, 0 for no such node
	serve  serve.Options
}

// devnet is a running devnet.
type devnet struct {
	network *network.Network
	server  *serve.Server
	stale   *chain.L2
	line    *report.Line
}

// start builds the chains, answers the claims and serves everything.
func start(ctx context.Context, lgr log.Logger, o options) (*devnet, error) {
	fork, active := o.fork, o.active != ""
	if active {
		fork = o.active
	}
	rng := plan.Rng(forks.Name(fork), active, o.seed)
	p, err := plan.New(forks.Name(fork), active, o.rounds, rng)
	if err != nil {
		return nil, err
	}
	go warmKZG()
	d := &devnet{}
	if d.network, err = network.Build(ctx, lgr, p, rng); err != nil {
		return nil, err
	}
	asked, err := claims.Make(ctx, d.network, o.claims, rng)
	if err != nil {
		d.close()
		return nil, fmt.Errorf("claims: %w", err)
	}
	if d.line, err = report.New(ctx, d.network, o.seed, asked); err != nil {
		d.close()
		return nil, err
	}
	if o.out != "" {
		if err := report.Write(ctx, o.out, d.network, d.line); err != nil {
			d.close()
			return nil, fmt.Errorf("files: %w", err)
		}
		d.line.Out = &o.out
	}
	if o.stale > 0 {
		if d.stale, err = d.network.Stale(ctx, o.stale); err != nil {
			d.close()
			return nil, err
		}
		o.serve.Stale = d.stale
	}
	if d.server, err = serve.Start(d.network, o.serve); err != nil {
		d.close()
		return nil, err
	}
	d.line.Endpoints = d.server.Endpoints()
	return d, nil
}

// warmKZG makes the library of commitments compute its tables, which takes longer than the genesis beside it.
func warmKZG() { _, _ = kzg4844.BlobToCommitment(new(kzg4844.Blob)) }

func (d *devnet) close() {
	if d.server != nil {
		d.server.Close()
	}
	if d.stale != nil {
		d.stale.Close()
	}
	d.network.Close()
}
