package chains

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/superchain"

	"tribunal/conformance/generate/generated"
)

// The superchain registry as JSON. op-node embeds the same revision, but as an archive that its module lacks.
const registryFile = "rust/kona/crates/protocol/registry/etc/configs.json"

// Chains that left the registry, as they last stood there; the file says in which revision.
//
//go:embed departed.json
var departed []byte

// A superchain: the chains of one L1 that share contracts.
type network struct {
	Name   string `json:"name"`
	Config struct {
		L1 struct {
			ChainID uint64 `json:"chain_id"`
		} `json:"l1"`
		SuperchainConfig *common.Address `json:"superchain_config_addr"`
	} `json:"config"`
	Chains []*chain `json:"chains"`

	// The registry itself no longer names this contract; op-geth's older copy does.
	protocolVersions *common.Address
}

type chain struct {
	Name              string         `json:"Name"`
	DataAvailability  string         `json:"DataAvailabilityType"`
	ID                uint64         `json:"l2_chain_id"`
	BatchInbox        common.Address `json:"batch_inbox_address"`
	BlockTime         uint64         `json:"block_time"`
	SeqWindowSize     uint64         `json:"seq_window_size"`
	MaxSequencerDrift uint64         `json:"max_sequencer_drift"`
	Forks             forkTimes      `json:"hardfork_configuration"`
	BaseFee           struct {
		Elasticity        uint64 `json:"eip1559Elasticity"`
		Denominator       uint64 `json:"eip1559Denominator"`
		DenominatorCanyon uint64 `json:"eip1559DenominatorCanyon"`
	} `json:"optimism"`
	Genesis struct {
		L1           block  `json:"l1"`
		L2           block  `json:"l2"`
		L2Time       uint64 `json:"l2_time"`
		SystemConfig struct {
			Batcher  common.Address `json:"batcherAddr"`
			Overhead common.Hash    `json:"overhead"`
			Scalar   common.Hash    `json:"scalar"`
			GasLimit uint64         `json:"gasLimit"`
		} `json:"system_config"`
	} `json:"genesis"`
	Addresses struct {
		Portal       common.Address `json:"OptimismPortalProxy"`
		SystemConfig common.Address `json:"SystemConfigProxy"`
	} `json:"Addresses"`

	// Set for a chain that left the registry: the last revision that has it, and when it was made.
	departed   string
	departedAt time.Time
}

type block struct {
	Number uint64      `json:"number"`
	Hash   common.Hash `json:"hash"`
}

// forkTimes schedules the forks. A field that we do not know is an error: it may be a new fork.
type forkTimes struct {
	Canyon             *uint64 `json:"canyon_time"`
	Delta              *uint64 `json:"delta_time"`
	Ecotone            *uint64 `json:"ecotone_time"`
	Fjord              *uint64 `json:"fjord_time"`
	Granite            *uint64 `json:"granite_time"`
	Holocene           *uint64 `json:"holocene_time"`
	Isthmus            *uint64 `json:"isthmus_time"`
	Jovian             *uint64 `json:"jovian_time"`
	Karst              *uint64 `json:"karst_time"`
	Lagoon             *uint64 `json:"lagoon_time"`
	PectraBlobSchedule *uint64 `json:"pectra_blob_schedule_time"`
	KeepKarstGas       bool    `json:"keep_karst_upgrade_gas"`
}

func (f *forkTimes) UnmarshalJSON(content []byte) error {
	type plain forkTimes
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	return decoder.Decode((*plain)(f))
}

// fromCanyon is the activation times from Canyon on. A row has no gaps: it ends before the first unscheduled fork.
func (f *forkTimes) fromCanyon() ([]uint64, error) {
	all := []*uint64{
		f.Canyon, f.Delta, f.Ecotone, f.Fjord, f.Granite, f.Holocene, f.Isthmus, f.Jovian, f.Karst, f.Lagoon,
	}
	var times []uint64
	for _, time := range all {
		if time != nil {
			times = append(times, *time)
		}
	}
	if slices.Contains(all[:len(times)], nil) {
		return nil, errors.New("a fork is scheduled without an earlier one")
	}
	return times, nil
}

// read returns every superchain of the registry, its chains by chain id, together with the chains that left.
func read(ctx context.Context) ([]*network, error) {
	folder, err := generated.ModuleFolder(ctx, generated.Optimism)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(folder, registryFile))
	if err != nil {
		return nil, err
	}
	var registry struct {
		Superchains []*network `json:"superchains"`
	}
	if err := json.Unmarshal(content, &registry); err != nil {
		return nil, fmt.Errorf("%s: %w", registryFile, err)
	}
	if err := addDeparted(registry.Superchains); err != nil {
		return nil, fmt.Errorf("departed.json: %w", err)
	}
	for _, network := range registry.Superchains {
		slices.SortFunc(network.Chains, func(a, b *chain) int { return int(int64(a.ID) - int64(b.ID)) })
		if older, err := superchain.GetSuperchain(network.Name); err == nil {
			network.protocolVersions = &older.ProtocolVersionsAddr
		}
	}
	return registry.Superchains, nil
}

func addDeparted(networks []*network) error {
	var file struct {
		Revision    string     `json:"revision"`
		Time        time.Time  `json:"time"`
		Superchains []*network `json:"superchains"`
	}
	if err := json.Unmarshal(departed, &file); err != nil {
		return err
	}
	for _, left := range file.Superchains {
		at := slices.IndexFunc(networks, func(network *network) bool { return network.Name == left.Name })
		if at < 0 {
			return fmt.Errorf("unknown superchain %q", left.Name)
		}
		for _, chain := range left.Chains {
			chain.departed, chain.departedAt = file.Revision, file.Time
			networks[at].Chains = append(networks[at].Chains, chain)
		}
	}
	return nil
}
