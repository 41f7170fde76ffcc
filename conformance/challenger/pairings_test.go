package challenger

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/ethereum-optimism/optimism/cannon/mipsevm"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/cannon"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum-optimism/optimism/op-challenger/metrics"

	"tribunal/conformance/fixtures"
	"tribunal/conformance/harness"
	"tribunal/conformance/nodes"
)

// forks are those that a devnet can activate, the newest first.
var forks = []string{"karst", "jovian", "isthmus", "holocene", "granite", "fjord", "ecotone"}

// pairing is a way to decide a claim.
type pairing struct {
	name   string
	decide func(*testing.T, game) bool
	slow   bool
}

// The programs that can stand in op-challenger's configuration give op-node's verdict on claims about real nodes, in each
// pairing of a VM and a host.
func TestPairingsWithNodes(t *testing.T) {
	if !harness.All {
		harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
	}
	tribunal := links(t, harness.Program(t).Path)
	decideAll(t, []pairing{
		{"native", func(t *testing.T, g game) bool { return g.native(t, tribunal.host) }, false},
		{"vm", func(t *testing.T, g game) bool { return g.run(t, tribunal) }, false},
		{"cannon", func(t *testing.T, g game) bool { return g.run(t, programs{harness.Cannon(t).Path, tribunal.host}) }, true},
	})
}

// The same with the real kona-host, where there is one.
func TestPairingsWithKonaHost(t *testing.T) {
	if !harness.All {
		harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
	}
	host := os.Getenv("KONA_HOST")
	if host == "" {
		harness.Skip(t, "kona-host has no public build; KONA_HOST names one")
	}
	tribunal := links(t, harness.Program(t).Path)
	decideAll(t, []pairing{
		{"vm", func(t *testing.T, g game) bool { return g.run(t, programs{tribunal.vm, host}) }, false},
		{"cannon", func(t *testing.T, g game) bool { return g.run(t, programs{harness.Cannon(t).Path, host}) }, true},
	})
}

// decideAll decides claims about devnets of all forks, or of the newest one.
func decideAll(t *testing.T, pairings []pairing) {
	prestate := harness.Compress(t, harness.Initial(t, harness.Client(t)))
	sample := forks
	if !harness.All {
		sample = forks[:1]
	}
	for _, fork := range sample {
		devnet := harness.Nodes(t, "--fork", fork, "--seed", "1")
		for name, claim := range telling(t, devnet) {
			for _, pairing := range pairings {
				t.Run(fork+"/"+name+"/"+pairing.name, func(t *testing.T) {
					if pairing.slow && !harness.All {
						harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
					}
					start := time.Now()
					valid := pairing.decide(t, game{devnet, claim, prestate})
					t.Logf("%q is %t, after %v", claim.Note, valid, time.Since(start).Round(time.Millisecond))
					if valid != claim.Valid {
						t.Errorf("but op-node says %t", claim.Valid)
					}
				})
			}
		}
	}
}

// telling are four claims: a true and a false one of one block and of several. The first ones of a devnet tell the most.
func telling(t *testing.T, devnet *nodes.Devnet) map[string]fixtures.Claim {
	t.Helper()
	claims := map[string]fixtures.Claim{}
	for _, claim := range devnet.Claims {
		blocks := claim.ClaimedBlockNumber - claim.AgreedBlockNumber
		if blocks == 0 {
			continue // decided without any block
		}
		name := fmt.Sprintf("several=%t,valid=%t", blocks > 1, claim.Valid)
		if _, ok := claims[name]; !ok {
			claims[name] = claim
		}
	}
	if len(claims) != 4 {
		t.Fatalf("the devnet has claims of %d of 4 kinds", len(claims))
	}
	return claims
}

// native decides the claim with the host alone.
func (g game) native(t *testing.T, host string) bool {
	t.Helper()
	arguments, err := vm.NewNativeKonaExecutor().OracleCommand(g.config(programs{host: host}, "native"), "", inputs(g.claim))
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return false
	}
	t.Fatalf("%v: %s", err, output)
	return false
}

// run decides the claim in a VM, from its start to its end.
func (g game) run(t *testing.T, p programs) bool {
	t.Helper()
	folder := t.TempDir()
	config := g.config(p, "run")
	executor := vm.NewExecutor(quiet(), metrics.NoopMetrics.ToTypedVmMetrics("test"), config, vm.NewKonaExecutor(), g.prestate, inputs(g.claim))
	if err := executor.DoGenerateProof(t.Context(), folder, 0, math.MaxUint64); err != nil {
		t.Fatal(err)
	}
	end, step, exited, err := cannon.NewStateConverter(config).ConvertStateToProof(t.Context(), vm.FinalStatePath(folder, true))
	if err != nil || !exited {
		t.Fatalf("exited %t: %v", exited, err)
	}
	t.Logf("%d steps", step)
	switch status := end.ClaimValue[0]; status {
	case mipsevm.VMStatusValid:
		return true
	case mipsevm.VMStatusInvalid:
		return false
	default:
		t.Fatalf("the run ends with status %d", status)
		return false
	}
}
