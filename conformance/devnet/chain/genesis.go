package chain

import (
	"crypto/ecdsa"
	"math/big"
	"math/rand"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	opparams "github.com/ethereum-optimism/optimism/op-core/params"
	"github.com/ethereum-optimism/optimism/op-core/predeploys"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// newKey draws a private key.
func newKey(rng *rand.Rand) *ecdsa.PrivateKey {
	for {
		if k, err := crypto.ToECDSA(randBytes(rng, 32)); err == nil {
			return k
		}
	}
}

func AddrOf(k *ecdsa.PrivateKey) common.Address { return crypto.PubkeyToAddress(k.PublicKey) }

// Setup is everything that is fixed before the first block.
type Setup struct {
	L1     *core.Genesis
	L2     *core.Genesis
	Rollup *rollup.Config

	Batchers []*ecdsa.PrivateKey // the first is active at genesis
	Users    []*ecdsa.PrivateKey

	Storer, Caller, Zoo, Reverter, Burner, Factory, Bomb common.Address
}

// Params are what a plan sets of the genesis.
type Params struct {
	L1ChainID, L2ChainID uint64
	L2BlockTime          uint64
	SeqWindow            uint64
	ChannelTimeout       uint64
	MaxDrift             uint64
	// Base is the last fork active at genesis.
	Base forks.Name
	// Later forks activate so many L2 blocks after genesis.
	Later map[forks.Name]uint64
	// OsakaAt: L1 Osaka this many seconds after L1 genesis (nil: never); BPO1 follows at twice that.
	OsakaAt *uint64
	// PragueAt: L1 Prague this many seconds after L1 genesis (0: at genesis).
	PragueAt           uint64
	PectraBlobSchedule *uint64
	GasLimit           uint64
	EIP1559Params      eth.Bytes8
	OperatorFee        eth.OperatorFeeParams
	L1GenesisTime      uint64
}

var (
	Portal       = common.HexToAddress("0x1000000000000000000000000000000000000001")
	SystemConfig = common.HexToAddress("0x1000000000000000000000000000000000000002")
	Inbox        = common.HexToAddress("0xff00000000000000000000000000000000000901")
)

func NewSetup(p Params, rng *rand.Rand) (*Setup, error) {
	s := &Setup{}
	for i := 0; i < 3; i++ {
		s.Batchers = append(s.Batchers, newKey(rng))
	}
	for i := 0; i < 6; i++ {
		s.Users = append(s.Users, newKey(rng))
	}

	// L1
	l1cfg := &params.ChainConfig{
		ChainID:        new(big.Int).SetUint64(p.L1ChainID),
		HomesteadBlock: new(big.Int), EIP150Block: new(big.Int), EIP155Block: new(big.Int), EIP158Block: new(big.Int),
		ByzantiumBlock: new(big.Int), ConstantinopleBlock: new(big.Int), PetersburgBlock: new(big.Int), IstanbulBlock: new(big.Int),
		MuirGlacierBlock: new(big.Int), BerlinBlock: new(big.Int), LondonBlock: new(big.Int), ArrowGlacierBlock: new(big.Int),
		GrayGlacierBlock: new(big.Int), MergeNetsplitBlock: new(big.Int), TerminalTotalDifficulty: new(big.Int),
		ShanghaiTime: new(p.L1GenesisTime), CancunTime: new(p.L1GenesisTime), PragueTime: new(p.L1GenesisTime + p.PragueAt),
		BlobScheduleConfig: &params.BlobScheduleConfig{Cancun: params.DefaultCancunBlobConfig, Prague: params.DefaultPragueBlobConfig},
	}
	if p.OsakaAt != nil {
		l1cfg.OsakaTime = new(p.L1GenesisTime + *p.OsakaAt)
		l1cfg.BPO1Time = new(p.L1GenesisTime + 2**p.OsakaAt)
		l1cfg.BlobScheduleConfig.Osaka = params.DefaultOsakaBlobConfig
		l1cfg.BlobScheduleConfig.BPO1 = params.DefaultBPO1BlobConfig
	}
	s.L1 = &core.Genesis{
		Config: l1cfg, Timestamp: p.L1GenesisTime, GasLimit: 60_000_000, Difficulty: new(big.Int), BaseFee: gwei(7),
		ExcessBlobGas: new(uint64(40_000_000)), BlobGasUsed: new(uint64(0)), ExtraData: []byte("devnet L1"),
		Alloc: types.GenesisAlloc{
			Portal:                           {Code: emitter(4), Nonce: 1, Balance: new(big.Int)},
			SystemConfig:                     {Code: emitter(3), Nonce: 1, Balance: new(big.Int)},
			params.BeaconRootsAddress:        {Code: params.BeaconRootsCode, Nonce: 1, Balance: new(big.Int)},
			params.HistoryStorageAddress:     {Code: params.HistoryStorageCode, Nonce: 1, Balance: new(big.Int)},
			params.WithdrawalQueueAddress:    {Code: params.WithdrawalQueueCode, Nonce: 1, Balance: new(big.Int)},
			params.ConsolidationQueueAddress: {Code: params.ConsolidationQueueCode, Nonce: 1, Balance: new(big.Int)},
		},
	}
	for _, k := range append(append([]*ecdsa.PrivateKey{}, s.Batchers...), s.Users...) {
		s.L1.Alloc[AddrOf(k)] = types.Account{Balance: ether(1_000_000)}
	}
	l1Block := s.L1.ToBlock()

	// L2
	l2time := p.L1GenesisTime
	zero := new(big.Int)
	opCfg := &params.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: new(uint64(250))}
	l2cfg := &params.ChainConfig{
		ChainID:        new(big.Int).SetUint64(p.L2ChainID),
		HomesteadBlock: zero, EIP150Block: zero, EIP155Block: zero, EIP158Block: zero, ByzantiumBlock: zero,
		ConstantinopleBlock: zero, PetersburgBlock: zero, IstanbulBlock: zero, MuirGlacierBlock: zero, BerlinBlock: zero,
		LondonBlock: zero, ArrowGlacierBlock: zero, GrayGlacierBlock: zero, MergeNetsplitBlock: zero,
		TerminalTotalDifficulty: zero, BedrockBlock: zero, Optimism: opCfg,
	}
	s.Rollup = &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: l1Block.Hash()}, L2Time: l2time,
			SystemConfig: eth.SystemConfig{
				BatcherAddr:   AddrOf(s.Batchers[0]),
				Scalar:        eth.EncodeScalar(eth.EcotoneScalars{BaseFeeScalar: 1368, BlobBaseFeeScalar: 810949}),
				GasLimit:      p.GasLimit,
				EIP1559Params: p.EIP1559Params,
			},
		},
		BlockTime: p.L2BlockTime, MaxSequencerDrift: p.MaxDrift, SeqWindowSize: p.SeqWindow, ChannelTimeoutBedrock: p.ChannelTimeout,
		L1ChainID: l1cfg.ChainID, L2ChainID: l2cfg.ChainID, BatchInboxAddress: Inbox,
		DepositContractAddress: Portal, L1SystemConfigAddress: SystemConfig,
		ChainOpConfig: &opparams.OptimismConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: new(uint64(250))},
	}
	if p.PectraBlobSchedule != nil {
		s.Rollup.PectraBlobScheduleTime = new(p.L1GenesisTime + *p.PectraBlobSchedule)
	}
	genesisForks := map[forks.Name]bool{}
	active := true
	genesisTime := l2time
	// Forks of the genesis may be scheduled at its time, or at 0. With one-second blocks it is 0: Kona up to 2026 takes the
	// second block for the activation of Canyon otherwise, since it supposes two-second blocks.
	if p.L2BlockTime == 1 || rng.Intn(2) == 0 {
		genesisTime = 0
	}
	for _, f := range forks.From(forks.Regolith) {
		if active {
			genesisForks[f] = true
			setFork(f, genesisTime, s.Rollup, l2cfg)
		} else if n, ok := p.Later[f]; ok {
			setFork(f, l2time+n*p.L2BlockTime, s.Rollup, l2cfg)
		}
		if f == p.Base {
			active = false
		}
	}
	if genesisForks[forks.Isthmus] {
		s.Rollup.Genesis.SystemConfig.OperatorFeeParams = eth.EncodeOperatorFeeParams(p.OperatorFee)
	}
	s.Rollup.Genesis.SystemConfig.MarshalPreHolocene = !genesisForks[forks.Holocene]
	if !genesisForks[forks.Ecotone] { // the fees of Bedrock: an overhead and a plain scalar
		s.Rollup.Genesis.SystemConfig.Overhead = eth.Bytes32(common.BigToHash(big.NewInt(188)))
		s.Rollup.Genesis.SystemConfig.Scalar = eth.Bytes32(common.BigToHash(big.NewInt(684_000)))
	}

	alloc, err := predeployAlloc(l2cfg, l2time, genesisForks)
	if err != nil {
		return nil, err
	}
	// The system contracts that every block of these forks calls. A frozen state may lack them, a real chain never does.
	if genesisForks[forks.Ecotone] {
		alloc[params.BeaconRootsAddress] = types.Account{Code: params.BeaconRootsCode, Nonce: 1, Balance: new(big.Int)}
	}
	if genesisForks[forks.Isthmus] {
		alloc[params.HistoryStorageAddress] = types.Account{Code: params.HistoryStorageCode, Nonce: 1, Balance: new(big.Int)}
	}
	for _, k := range s.Users[:5] { // the last user starts with nothing
		alloc[AddrOf(k)] = types.Account{Balance: ether(10_000)}
	}
	for i, c := range []struct {
		at   *common.Address
		code []byte
	}{{&s.Storer, storerCode}, {&s.Caller, callerCode}, {&s.Zoo, zooCode}, {&s.Reverter, reverterCode}, {&s.Burner, burnerCode}, {&s.Factory, factoryCode}, {&s.Bomb, bombCode}} {
		*c.at = common.BytesToAddress(cat([]byte{0x77}, be64(uint64(i)), randBytes(rng, 8)))
		alloc[*c.at] = types.Account{Code: c.code, Nonce: 1, Balance: big.NewInt(int64(i) * 1000)}
	}
	s.L2 = &core.Genesis{
		Config: l2cfg, Timestamp: l2time, GasLimit: p.GasLimit, Difficulty: new(big.Int), BaseFee: gwei(1),
		Coinbase: predeploys.SequencerFeeVaultAddr, Alloc: alloc, ExtraData: []byte("devnet"),
	}
	switch {
	case genesisForks[forks.Jovian]:
		s.L2.ExtraData = eip1559.EncodeJovianExtraData(250, 6, 0)
	case genesisForks[forks.Holocene]:
		s.L2.ExtraData = eip1559.EncodeHoloceneExtraData(250, 6)
	}
	s.Rollup.Genesis.L2.Hash = s.L2.ToBlock().Hash()
	if err := s.Rollup.Check(); err != nil {
		return nil, err
	}
	return s, nil
}
