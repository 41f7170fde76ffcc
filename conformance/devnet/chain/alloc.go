package chain

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/ethereum/go-ethereum/triedb/hashdb"
	"github.com/holiman/uint256"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	nutstate "github.com/ethereum-optimism/optimism/op-core/nuts/state"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
)

// predeployAlloc is the L2 system state of a chain that has gone through all the given forks.
func predeployAlloc(cfg *params.ChainConfig, now uint64, at map[forks.Name]bool) (types.GenesisAlloc, error) {
	switch {
	case at[forks.Karst]:
		return nutstate.PreForkState(forks.Lagoon)
	case at[forks.Jovian]:
		return nutstate.PreForkState(forks.Karst)
	}
	base, err := core.LoadOPStackGenesis(11155420)
	if err != nil {
		return nil, err
	}
	alloc := types.GenesisAlloc{}
	low, high := common.HexToAddress("0x4200000000000000000000000000000000000043"), common.HexToAddress("0x42000000000000000000000000000000000007ff")
	for a, acc := range base.Alloc {
		if a.Cmp(low) >= 0 && a.Cmp(high) <= 0 {
			continue // two thousand proxies that nothing uses
		}
		alloc[a] = acc
	}
	var txs []hexutil.Bytes
	for _, u := range []struct {
		f forks.Name
		g func() ([]hexutil.Bytes, error)
	}{
		{forks.Ecotone, derive.EcotoneNetworkUpgradeTransactions},
		{forks.Fjord, derive.FjordNetworkUpgradeTransactions},
		{forks.Isthmus, derive.IsthmusNetworkUpgradeTransactions},
	} {
		if !at[u.f] {
			continue
		}
		t, err := u.g()
		if err != nil {
			return nil, err
		}
		txs = append(txs, t...)
	}
	return applyDeposits(cfg, now, alloc, txs)
}

// applyDeposits runs deposit transactions on an allocation, outside of any block, and returns what becomes of it.
func applyDeposits(cfg *params.ChainConfig, now uint64, alloc types.GenesisAlloc, txs []hexutil.Bytes) (types.GenesisAlloc, error) {
	tdb := triedb.NewDatabase(rawdb.NewMemoryDatabase(), &triedb.Config{Preimages: true, HashDB: hashdb.Defaults})
	sdb, err := state.New(types.EmptyRootHash, state.NewDatabase(tdb, nil))
	if err != nil {
		return nil, err
	}
	for a, acc := range alloc {
		if acc.Balance != nil {
			sdb.AddBalance(a, uint256.MustFromBig(acc.Balance), tracing.BalanceIncreaseGenesisBalance)
		}
		sdb.SetCode(a, acc.Code, tracing.CodeChangeGenesis)
		sdb.SetNonce(a, acc.Nonce, tracing.NonceChangeGenesis)
		for k, v := range acc.Storage {
			sdb.SetState(a, k, v)
		}
	}
	header := &types.Header{Number: big.NewInt(1), Time: now, GasLimit: 1 << 40, Difficulty: new(big.Int), BaseFee: gwei(1), ExcessBlobGas: new(uint64), BlobGasUsed: new(uint64)}
	evm := vm.NewEVM(vm.BlockContext{
		CanTransfer: core.CanTransfer, Transfer: core.Transfer, GetHash: func(uint64) common.Hash { return common.Hash{} },
		BlockNumber: header.Number, Time: now, Difficulty: header.Difficulty, BaseFee: header.BaseFee, BlobBaseFee: big.NewInt(1),
		GasLimit: header.GasLimit, Random: &common.Hash{}, L1CostFunc: types.NewL1CostFunc(cfg, sdb), OperatorCostFunc: types.NewOperatorCostFunc(cfg, sdb),
	}, sdb, cfg, vm.Config{})
	gp := core.NewGasPool(header.GasLimit)
	for i, raw := range txs {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(raw); err != nil {
			return nil, err
		}
		sdb.SetTxContext(tx.Hash(), i)
		rec, err := core.ApplyTransaction(evm, gp, sdb, header, &tx)
		if err != nil {
			return nil, fmt.Errorf("genesis upgrade tx %d: %w", i, err)
		}
		if rec.Status != types.ReceiptStatusSuccessful {
			return nil, fmt.Errorf("genesis upgrade tx %d failed", i)
		}
	}
	root, err := sdb.Commit(1, true, false)
	if err != nil {
		return nil, err
	}
	if sdb, err = state.New(root, state.NewDatabase(tdb, nil)); err != nil {
		return nil, err
	}
	out := types.GenesisAlloc{}
	for addr, acc := range sdb.RawDump(&state.DumpConfig{}).Accounts {
		bal, _ := new(big.Int).SetString(acc.Balance, 10)
		g := types.Account{Balance: bal, Nonce: acc.Nonce, Code: acc.Code, Storage: map[common.Hash]common.Hash{}}
		for k, v := range acc.Storage {
			g.Storage[k] = common.HexToHash(v)
		}
		if !common.IsHexAddress(addr) {
			return nil, fmt.Errorf("genesis: account without a known address: %s", addr)
		}
		out[common.HexToAddress(addr)] = g
	}
	return out, nil
}
