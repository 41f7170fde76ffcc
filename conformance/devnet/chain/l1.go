package chain

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"math/rand"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/consensus/misc/eip4844"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"

	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// L1 is a geth node whose blocks are made one by one, on demand.
type L1 struct {
	*Node
	Config *params.ChainConfig
	// Blobs are all blobs ever published, by versioned hash.
	Blobs map[common.Hash]*eth.Blob

	signer types.Signer
	rng    *rand.Rand
	nonces map[common.Address]uint64
}

// NewL1 starts the node of L1.
func NewL1(genesis *core.Genesis, rng *rand.Rand) (*L1, error) {
	n, err := newNode("l1", genesis)
	if err != nil {
		return nil, err
	}
	if err := n.start(); err != nil {
		return nil, err
	}
	return &L1{
		Node: n, Config: genesis.Config, Blobs: make(map[common.Hash]*eth.Blob),
		signer: types.LatestSigner(genesis.Config), rng: rng, nonces: make(map[common.Address]uint64),
	}, nil
}

// Head is the newest block.
func (l *L1) Head() *types.Header { return l.Chain().CurrentBlock() }

// Call signs a plain L1 call. The fee caps are generous: L1 fees are not what is being exercised.
func (l *L1) Call(key *ecdsa.PrivateKey, to common.Address, data []byte) (*types.Transaction, error) {
	from := crypto.PubkeyToAddress(key.PublicKey)
	floor, err := core.FloorDataGas(data)
	if err != nil {
		return nil, err
	}
	gas := floor + 400_000 + uint64(len(data))*16
	nonce := l.nextNonce(from)
	var inner types.TxData
	switch l.rng.Intn(3) {
	case 0:
		inner = &types.LegacyTx{Nonce: nonce, To: &to, Gas: gas, GasPrice: gwei(60), Data: data}
	case 1:
		inner = &types.AccessListTx{ChainID: l.Config.ChainID, Nonce: nonce, To: &to, Gas: gas, GasPrice: gwei(60), Data: data}
	default:
		inner = &types.DynamicFeeTx{ChainID: l.Config.ChainID, Nonce: nonce, To: &to, Gas: gas, GasTipCap: gwei(1), GasFeeCap: gwei(60), Data: data}
	}
	return types.SignNewTx(key, l.signer, inner)
}

// BlobTx signs a blob transaction to the given address, and remembers its blobs.
func (l *L1) BlobTx(key *ecdsa.PrivateKey, to common.Address, payloads [][]byte) (*types.Transaction, error) {
	from := crypto.PubkeyToAddress(key.PublicKey)
	var hashes []common.Hash
	for _, p := range payloads {
		b := new(eth.Blob)
		if err := b.FromData(p); err != nil {
			return nil, err
		}
		// Only the commitment is needed: blocks carry no proofs, and nothing here gossips.
		c, err := b.ComputeKZGCommitment()
		if err != nil {
			return nil, err
		}
		h := eth.KZGToVersionedHash(c)
		l.Blobs[h] = b
		hashes = append(hashes, h)
	}
	return types.SignNewTx(key, l.signer, &types.BlobTx{
		ChainID: uint256.MustFromBig(l.Config.ChainID), Nonce: l.nextNonce(from), To: to,
		Gas: 21_000, GasTipCap: uint256.MustFromBig(gwei(1)), GasFeeCap: uint256.MustFromBig(gwei(60)),
		BlobFeeCap: uint256.MustFromBig(gwei(60)), BlobHashes: hashes,
	})
}

func (l *L1) nextNonce(a common.Address) uint64 {
	n := l.nonces[a]
	l.nonces[a] = n + 1
	return n
}

// Mine makes the next L1 block out of the given transactions, in the given order.
func (l *L1) Mine(txs []*types.Transaction, timeDelta uint64) (*types.Block, error) {
	parent := l.Head()
	number := new(big.Int).Add(parent.Number, common.Big1)
	time := parent.Time + timeDelta
	header := &types.Header{
		ParentHash: parent.Hash(),
		Coinbase:   randAddr(l.rng),
		Number:     number,
		GasLimit:   parent.GasLimit,
		Time:       time,
		Difficulty: new(big.Int),
		Extra:      []byte("devnet"),
		MixDigest:  randHash(l.rng),
		BaseFee:    eip1559.CalcBaseFee(l.Config, parent, time),
	}
	excess := eip4844.CalcExcessBlobGas(l.Config, parent, time)
	beaconRoot := randHash(l.rng)
	header.ExcessBlobGas, header.BlobGasUsed, header.ParentBeaconRoot = &excess, new(uint64), &beaconRoot
	if l.Config.IsPrague(number, time) {
		header.RequestsHash = &types.EmptyRequestsHash
	}

	statedb, err := l.Chain().StateAt(parent.Root)
	if err != nil {
		return nil, err
	}
	evm := vm.NewEVM(core.NewEVMBlockContext(header, l.Chain(), nil, l.Config, statedb), statedb, l.Config, vm.Config{})
	core.ProcessBeaconBlockRoot(beaconRoot, evm)
	if l.Config.IsPrague(number, time) {
		core.ProcessParentBlockHash(header.ParentHash, evm)
	}
	gp := core.NewGasPool(header.GasLimit)
	var receipts []*types.Receipt
	for i, tx := range txs {
		statedb.SetTxContext(tx.Hash(), i)
		rec, err := core.ApplyTransaction(evm, gp, statedb, header, tx)
		if err != nil {
			return nil, fmt.Errorf("l1 block %d tx %d: %w", number, i, err)
		}
		receipts = append(receipts, rec)
		*header.BlobGasUsed += rec.BlobGasUsed
	}
	header.GasUsed = header.GasLimit - gp.Gas()
	if l.Config.IsPrague(number, time) {
		var requests [][]byte
		if err := core.ProcessWithdrawalQueue(&requests, evm); err != nil {
			return nil, err
		}
		if err := core.ProcessConsolidationQueue(&requests, evm); err != nil {
			return nil, err
		}
	}
	body := &types.Body{Transactions: txs, Withdrawals: []*types.Withdrawal{}}
	block, err := l.Chain().Engine().FinalizeAndAssemble(context.Background(), l.Chain(), header, statedb, body, receipts)
	if err != nil {
		return nil, err
	}
	if _, err := l.Chain().InsertChain(types.Blocks{block}); err != nil {
		return nil, fmt.Errorf("l1 block %d: %w", number, err)
	}
	return block, nil
}
