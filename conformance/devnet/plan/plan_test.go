package plan

import (
	"slices"
	"testing"

	"github.com/ethereum-optimism/optimism/op-core/forks"
)

// A fork that op-node learns must get a devnet, or a reason why it has none.
func TestAllForksOfOpNodeAreKnown(t *testing.T) {
	for _, fork := range forks.From(forks.Ecotone) {
		if _, isRefused := refused[fork]; isRefused == slices.Contains(Names, fork) {
			t.Errorf("%s: refused is %t, and the list is %v", fork, isRefused, Names)
		}
	}
}
