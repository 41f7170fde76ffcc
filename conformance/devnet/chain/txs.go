package chain

import (
	"math/big"
	"math/rand"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"

	"github.com/ethereum-optimism/optimism/op-core/predeploys"
)

// TxGen makes random L2 transactions.
type TxGen struct {
	s    *Setup
	rng  *rand.Rand
	cfg  *params.ChainConfig
	lgr  log.Logger
	made []common.Address // contracts deployed so far

	counts map[string]int
}

// Include puts a transaction into the block that is being built.
type Include = func(*types.Transaction, common.Address) (*types.Receipt, error)

// NewTxGen makes a generator. It counts in counts what it makes, by kind.
func NewTxGen(s *Setup, rng *rand.Rand, lgr log.Logger, counts map[string]int) *TxGen {
	return &TxGen{s: s, rng: rng, cfg: s.L2.Config, lgr: lgr, counts: counts}
}

// Fill puts up to n transactions into the block that is being built. Nonces start with those of the block's parent.
func (g *TxGen) Fill(nonce func(common.Address) uint64, number, time uint64, n, data int, include Include) {
	nonces := map[common.Address]uint64{}
	for i := 0; i < n; i++ {
		key := g.s.Users[g.rng.Intn(5)]
		from := AddrOf(key)
		if _, ok := nonces[from]; !ok {
			nonces[from] = nonce(from)
		}
		kind, inner, unprotected := g.next(from, nonces[from], number, time, data)
		signer := types.LatestSigner(g.cfg)
		if unprotected {
			signer = types.HomesteadSigner{}
		}
		tx, err := types.SignNewTx(key, signer, inner)
		if err != nil {
			panic(err)
		}
		rec, err := include(tx, from)
		if err != nil {
			g.lgr.Warn("transaction left out", "kind", kind, "err", err)
			g.counts["left out: "+kind]++
			continue
		}
		nonces[from]++
		g.counts[kind]++
		if rec != nil && rec.ContractAddress != (common.Address{}) && rec.Status == 1 {
			g.made = append(g.made, rec.ContractAddress)
		}
	}
}

func (g *TxGen) someone() common.Address {
	switch g.rng.Intn(4) {
	case 0:
		return randAddr(g.rng)
	case 1:
		if len(g.made) > 0 {
			return g.made[g.rng.Intn(len(g.made))]
		}
		fallthrough
	default:
		return AddrOf(g.s.Users[g.rng.Intn(len(g.s.Users))])
	}
}

// envelope wraps a call into a random transaction type.
func (g *TxGen) envelope(nonce uint64, to *common.Address, value *big.Int, gas uint64, data []byte) types.TxData {
	switch g.rng.Intn(3) {
	case 0:
		return &types.LegacyTx{Nonce: nonce, To: to, Value: value, Gas: gas, GasPrice: gwei(int64(20 + g.rng.Intn(80))), Data: data}
	case 1:
		al := types.AccessList{}
		for i := g.rng.Intn(3); i > 0; i-- {
			tup := types.AccessTuple{Address: g.someone()}
			for j := g.rng.Intn(3); j > 0; j-- {
				tup.StorageKeys = append(tup.StorageKeys, randHash(g.rng))
			}
			al = append(al, tup)
			gas += 2400 + 1900*uint64(len(tup.StorageKeys))
		}
		return &types.AccessListTx{ChainID: g.cfg.ChainID, Nonce: nonce, To: to, Value: value, Gas: gas, GasPrice: gwei(int64(20 + g.rng.Intn(80))), Data: data, AccessList: al}
	default:
		return &types.DynamicFeeTx{ChainID: g.cfg.ChainID, Nonce: nonce, To: to, Value: value, Gas: gas, GasTipCap: gwei(int64(g.rng.Intn(3))), GasFeeCap: gwei(int64(20 + g.rng.Intn(80))), Data: data}
	}
}

func intrinsic(data []byte) uint64 { return 21_000 + 40*uint64(len(data)) }

func (g *TxGen) next(from common.Address, nonce, number, time uint64, maxData int) (kind string, inner types.TxData, unprotected bool) {
	call := func(kind string, to common.Address, value *big.Int, gas uint64, data []byte) (string, types.TxData, bool) {
		return kind, g.envelope(nonce, &to, value, gas+intrinsic(data), data), false
	}
	wei := func() *big.Int { return big.NewInt(g.rng.Int63n(1_000_000_000_000)) }
	switch r := g.rng.Intn(100); {
	case r < 12:
		return call("transfer", g.someone(), wei(), 3_000_000/30, nil)
	case r < 15:
		to := g.someone()
		return "legacy without chain id", &types.LegacyTx{Nonce: nonce, To: &to, Value: wei(), Gas: 100_000, GasPrice: gwei(30)}, true
	case r < 17:
		return call("zero-value self call", from, new(big.Int), 0, nil)
	case r < 31:
		count := uint64(1 + g.rng.Intn(40))
		value := uint64(0)
		if g.rng.Intn(3) > 0 {
			value = 1 + g.rng.Uint64()%(1<<40)
		}
		return call("storage", g.s.Storer, new(big.Int), 60_000+count*25_000, cat(wordU(uint64(g.rng.Intn(60))), wordU(count), wordU(value)))
	case r < 52:
		name, addr, input, gas := g.precompile(time)
		return call("precompile "+name, g.s.Caller, new(big.Int), gas+120_000, cat(word(addr.Bytes()), input))
	case r < 58:
		depth := uint64(g.rng.Intn(300))
		if g.rng.Intn(2) == 0 {
			depth = 1 + uint64(g.rng.Intn(int(min(number, 12))))
		}
		return call("environment", g.s.Zoo, big.NewInt(int64(g.rng.Intn(2))), 700_000, wordU(depth))
	case r < 63:
		if g.rng.Intn(2) == 0 {
			return call("revert", g.s.Reverter, new(big.Int), 90_000, randBytes(g.rng, g.rng.Intn(100)))
		}
		return call("out of gas", g.s.Burner, new(big.Int), 50_000, nil)
	case r < 70:
		data := randBytes(g.rng, g.rng.Intn(200))
		in := cat(selector("initiateWithdrawal(address,uint256,bytes)"), word(randAddr(g.rng).Bytes()), wordU(100_000), wordU(96), wordU(uint64(len(data))), common.RightPadBytes(data, (len(data)+31)/32*32))
		return call("withdrawal", predeploys.L2ToL1MessagePasserAddr, wei(), 300_000, in)
	case r < 77:
		var code []byte
		kind := "deployment"
		switch g.rng.Intn(5) {
		case 0:
			kind, code = "failing deployment", asm("1 1 SSTORE 0 0 REVERT")
		case 1:
			code = deployer(storerCode)
		case 2:
			code = deployer(zooCode)
		case 3:
			kind, code = "rejected code", deployer(cat([]byte{0xef}, randBytes(g.rng, 10)))
		default:
			code = deployer(cat([]byte{0}, randBytes(g.rng, 200+g.rng.Intn(3000))))
		}
		return kind, g.envelope(nonce, nil, new(big.Int), 200_000+uint64(len(code))*260, code), false
	case r < 83:
		runtime := [][]byte{storerCode, bombCode, zooCode, reverterCode}[g.rng.Intn(4)]
		in := cat(randBytes(g.rng, 32), deployer(runtime))
		return call("create2", g.s.Factory, big.NewInt(int64(g.rng.Intn(100))), 1_200_000, in)
	case r < 85:
		return call("selfdestruct", g.s.Bomb, wei(), 100_000, word(g.someone().Bytes()))
	case r < 91:
		var to common.Address
		var in []byte
		switch g.rng.Intn(4) {
		case 0:
			d := randBytes(g.rng, 150)
			to, in = predeploys.GasPriceOracleAddr, cat(selector("getL1Fee(bytes)"), wordU(32), wordU(uint64(len(d))), common.RightPadBytes(d, 160))
		case 1:
			to, in = predeploys.L1BlockAddr, selector("hash()")
		case 2:
			to, in = params.BeaconRootsAddress, wordU(time-uint64(2*g.rng.Intn(10)))
		default:
			to, in = params.HistoryStorageAddress, wordU(number-min(number, uint64(1+g.rng.Intn(12))))
		}
		return call("system contract", g.s.Caller, new(big.Int), 300_000, cat(word(to.Bytes()), in))
	case r < 95 && g.cfg.IsPrague(new(big.Int), time):
		var auths []types.SetCodeAuthorization
		for i := 1 + g.rng.Intn(3); i > 0; i-- {
			k := g.s.Users[g.rng.Intn(len(g.s.Users))]
			a := types.SetCodeAuthorization{ChainID: *uint256.MustFromBig(g.cfg.ChainID), Address: g.s.Zoo, Nonce: uint64(g.rng.Intn(3))}
			switch g.rng.Intn(5) {
			case 0:
				a.ChainID = *uint256.NewInt(0)
			case 1:
				a.ChainID = *uint256.NewInt(12345) // not this chain: skipped
			case 2:
				a.Address = common.Address{} // clears
			case 3:
				a.Address = common.BytesToAddress([]byte{1}) // a precompile: runs as empty code
			}
			if AddrOf(k) == from {
				a.Nonce = nonce + 1
			}
			sa, err := types.SignSetCode(k, a)
			if err != nil {
				panic(err)
			}
			auths = append(auths, sa)
		}
		to := g.someone()
		return "set code", &types.SetCodeTx{
			ChainID: uint256.MustFromBig(g.cfg.ChainID), Nonce: nonce, To: to, Gas: 900_000, GasTipCap: uint256.NewInt(1),
			GasFeeCap: uint256.MustFromBig(gwei(90)), Value: uint256.NewInt(uint64(g.rng.Intn(1000))), AuthList: auths, Data: wordU(1),
		}, false
	default:
		data := randBytes(g.rng, 1+g.rng.Intn(max(maxData, 1)))
		return call("data", randAddr(g.rng), wei(), 30_000, data)
	}
}

func selector(sig string) []byte { return crypto.Keccak256([]byte(sig))[:4] }
