// Package opnode runs op-node's code on the chains of a devnet: its derivation and its sequencer.
package opnode

import (
	"context"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/log"
	"golang.org/x/time/rate"

	altda "github.com/ethereum-optimism/optimism/op-alt-da"
	opnodemetrics "github.com/ethereum-optimism/optimism/op-node/metrics"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/attributes"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-node/rollup/driver"
	"github.com/ethereum-optimism/optimism/op-node/rollup/engine"
	"github.com/ethereum-optimism/optimism/op-node/rollup/finality"
	"github.com/ethereum-optimism/optimism/op-node/rollup/sync"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum-optimism/optimism/op-service/event"
	"github.com/ethereum-optimism/optimism/op-service/testutils"

	"tribunal/conformance/devnet/chain"
)

// Alone is the dependency set of a chain that depends on no other.
type Alone struct{ ID eth.ChainID }

// Chains are the chains of the set.
func (a Alone) Chains() []eth.ChainID { return []eth.ChainID{a.ID} }

func alone(cfg *rollup.Config) Alone { return Alone{eth.ChainIDFromBig(cfg.L2ChainID)} }

// maxResets is how often derivation may start over before it counts as broken.
const maxResets = 1000

// Verifier is op-node's derivation (pipeline, attributes handler, engine controller, events) on a node of its own.
// It learns about L2 from L1 data alone.
type Verifier struct {
	*chain.L2
	l1     *chain.L1View
	engine *engine.EngineController
	exec   *event.GlobalSyncExec
	emit   event.Emitter
	// register adds a part that takes part in events.
	register func(name string, part event.Deriver)

	err    error
	idle   bool
	resets int
}

// NewVerifier makes a verifier that goes on from the node's labels.
func NewVerifier(ctx context.Context, lgr log.Logger, l2 *chain.L2, l1 *chain.L1) *Verifier {
	view := &chain.L1View{L1: l1}
	v := &Verifier{L2: l2, l1: view, exec: event.NewGlobalSynchronous(ctx)}
	sys := event.NewSystem(lgr, v.exec)
	opts := event.WithEmitLimiter(rate.Limit(1_000_000), 1_000_000, func() { v.err = fmt.Errorf("hot loop of events") })
	v.register = func(name string, part event.Deriver) { sys.Register(name, part, opts) }
	syncCfg := &sync.Config{}

	v.engine = engine.NewEngineController(ctx, l2.Client, lgr, opnodemetrics.NoopMetrics, l2.Config, syncCfg, view, sys.Register("engine-controller", nil, opts), nil)
	v.register("finalizer", finality.NewFinalizer(ctx, lgr, l2.Config, nil, view, v.engine))
	attrs := attributes.NewAttributesHandler(lgr, l2.Config, ctx, l2.Client, v.engine)
	v.register("attributes-handler", attrs)
	v.engine.SetAttributesResetter(attrs)
	pipeline := derive.NewDerivationPipeline(lgr, l2.Config, alone(l2.Config), view, view, altda.Disabled, l2.Client, &testutils.TestDerivationMetrics{}, l1.Config)
	deriver := derive.NewPipelineDeriver(ctx, pipeline)
	v.register("pipeline", deriver)
	v.engine.SetPipelineResetter(deriver)
	v.emit = sys.Register("driver", nil, opts)
	driven := &driver.SyncDeriver{
		Derivation: pipeline, Engine: v.engine, SyncCfg: syncCfg, Config: l2.Config, L1: view, L2: l2.Client,
		Log: lgr, Ctx: ctx, StepDeriver: (*steps)(v),
	}
	v.engine.SyncDeriver = driven
	v.register("sync", driven)
	v.register("engine", v.engine)
	v.register("watch", v)
	return v
}

// Safe is the last block that was derived.
func (v *Verifier) Safe() eth.L2BlockRef { return v.engine.SafeL2Head() }

// OnEvent notes what the other parts report.
func (v *Verifier) OnEvent(_ context.Context, ev event.Event) bool {
	switch x := ev.(type) {
	case rollup.CriticalErrorEvent:
		v.err = fmt.Errorf("critical: %w", x.Err)
	case rollup.ResetEvent:
		v.resets++
	case derive.DeriverIdleEvent:
		v.idle = true
	default:
		return false
	}
	return true
}

// Advance shows the verifier L1 up to block n, and lets it derive all it can.
func (v *Verifier) Advance(ctx context.Context, n uint64) (eth.L2BlockRef, error) {
	v.l1.Limit = n
	resets := 0
	for v.idle = false; !v.idle || v.resets > resets; {
		resets = v.resets
		v.idle = false
		v.emit.Emit(ctx, driver.StepEvent{})
		if err := v.drain(); err != nil {
			return eth.L2BlockRef{}, err
		}
		if v.resets > maxResets {
			return eth.L2BlockRef{}, fmt.Errorf("derivation keeps resetting")
		}
	}
	return v.Safe(), nil
}

// drain lets all parts react to all events.
func (v *Verifier) drain() error {
	if err := v.exec.Drain(); err != nil {
		return err
	}
	return v.err
}

// steps schedules derivation steps right away.
type steps Verifier

func (s *steps) AttachEmitter(event.Emitter)             {}
func (s *steps) NextStep() <-chan struct{}               { return nil }
func (s *steps) NextDelayedStep() <-chan time.Time       { return nil }
func (s *steps) RequestStep(ctx context.Context, _ bool) { s.emit.Emit(ctx, driver.StepEvent{}) }
func (s *steps) AttemptStep(context.Context)             {}
func (s *steps) ResetStepBackoff(context.Context)        {}
