package chain

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/params"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// setFork schedules a fork in both the rollup and the execution config.
func setFork(f forks.Name, t uint64, r *rollup.Config, c *params.ChainConfig) {
	at := new(t)
	switch f {
	case forks.Regolith:
		r.RegolithTime, c.RegolithTime = at, at
	case forks.Canyon:
		r.CanyonTime, c.CanyonTime, c.ShanghaiTime = at, at, at
	case forks.Delta:
		r.DeltaTime = at
	case forks.Ecotone:
		r.EcotoneTime, c.EcotoneTime, c.CancunTime = at, at, at
	case forks.Fjord:
		r.FjordTime, c.FjordTime = at, at
	case forks.Granite:
		r.GraniteTime, c.GraniteTime = at, at
	case forks.Holocene:
		r.HoloceneTime, c.HoloceneTime = at, at
	case forks.Isthmus:
		r.IsthmusTime, c.IsthmusTime, c.PragueTime = at, at, at
	case forks.Jovian:
		r.JovianTime, c.JovianTime = at, at
	case forks.Karst:
		r.KarstTime, c.KarstTime, c.OsakaTime = at, at, at
	default:
		panic("cannot schedule " + string(f))
	}
}

// HoloceneParams encodes EIP-1559 parameters as the system config does.
func HoloceneParams(denominator, elasticity uint32) (b eth.Bytes8) {
	binary.BigEndian.PutUint32(b[:4], denominator)
	binary.BigEndian.PutUint32(b[4:], elasticity)
	return b
}
