package chain

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand"

	"github.com/ethereum/go-ethereum/common"

	"github.com/ethereum-optimism/optimism/op-core/predeploys"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// abiBytes is the data part of an event whose only unindexed argument is `bytes`.
func abiBytes(b []byte) []byte {
	return cat(wordU(32), wordU(uint64(len(b))), common.RightPadBytes(b, (len(b)+31)/32*32))
}

// Deposit is what a user asks of the portal.
type Deposit struct {
	from, to    common.Address
	mint, value *big.Int
	gas         uint64
	create      bool
	data        []byte
}

// calldata makes the portal emit TransactionDeposited.
func (d Deposit) Calldata() []byte {
	creation := byte(0)
	if d.create {
		creation = 1
	}
	opaque := cat(word(d.mint.Bytes()), word(d.value.Bytes()), be64(d.gas), []byte{creation}, d.data)
	return cat(derive.DepositEventABIHash[:], word(d.from.Bytes()), word(d.to.Bytes()), wordU(0), abiBytes(opaque))
}

// RandomDeposit covers what deposits can do, including failing in every way.
func RandomDeposit(s *Setup, rng *rand.Rand) (string, Deposit) {
	d := Deposit{from: AddrOf(s.Users[rng.Intn(6)]), to: randAddr(rng), mint: new(big.Int), value: new(big.Int), gas: 200_000}
	wei := func() *big.Int { return big.NewInt(1 + rng.Int63n(1_000_000_000_000_000_000)) }
	switch rng.Intn(13) {
	case 0:
		d.mint = wei()
		d.value = new(big.Int).Div(d.mint, big.NewInt(2))
		return "mint and transfer", d
	case 1:
		d.mint = wei()
		return "mint only", d
	case 2:
		d.value = wei()
		return "transfer", d
	case 3:
		d.value = ether(1_000_000_000)
		d.mint = wei()
		return "more value than balance: mint stays, call fails", d
	case 4:
		d.gas, d.create, d.to, d.data = 1_000_000, true, common.Address{}, deployer(storerCode)
		return "contract creation", d
	case 5:
		d.gas, d.create, d.to, d.data = 300_000, true, common.Address{}, asm("1 1 SSTORE 0 0 REVERT")
		return "contract creation that reverts", d
	case 6:
		d.gas, d.mint = 21_000, wei()
		d.data = randBytes(rng, 500)
		return "less gas than the intrinsic cost", d
	case 7:
		d.to, d.gas = s.Burner, 60_000
		return "out of gas", d
	case 8:
		d.to, d.gas = s.Storer, 900_000
		d.data = cat(wordU(uint64(rng.Intn(50))), wordU(uint64(rng.Intn(20))), wordU(uint64(rng.Intn(2))*77))
		return "storage", d
	case 9:
		d.to, d.gas, d.mint = predeploys.L2ToL1MessagePasserAddr, 300_000, wei()
		d.value = d.mint
		d.data = cat(selector("initiateWithdrawal(address,uint256,bytes)"), word(d.from.Bytes()), wordU(100_000), wordU(96), wordU(0))
		return "withdrawal", d
	case 10:
		d.to, d.gas = s.Caller, 300_000
		d.data = cat(word([]byte{1}), randBytes(rng, 128))
		return "precompile", d
	case 11:
		d.from = randAddr(rng) // a contract's alias, unknown on L2
		d.gas, d.data = 500_000, randBytes(rng, rng.Intn(3000))
		return "from an unknown sender, with data", d
	default:
		d.to, d.gas = s.Reverter, 100_000
		d.mint = wei()
		return "revert: mint stays", d
	}
}

// ConfigUpdate is a change of the SystemConfig contract.
type ConfigUpdate struct {
	kind uint64
	data []byte
	note string
}

// calldata makes the SystemConfig contract emit ConfigUpdate.
func (u ConfigUpdate) Calldata() []byte {
	return cat(derive.ConfigUpdateEventABIHash[:], wordU(0), wordU(u.kind), abiBytes(u.data))
}

func SetBatcher(a common.Address) ConfigUpdate {
	return ConfigUpdate{kind: 0, data: word(a.Bytes()), note: fmt.Sprintf("batcher %s", a)}
}

func SetFees(base, blob uint32) ConfigUpdate {
	sc := eth.EncodeScalar(eth.EcotoneScalars{BaseFeeScalar: base, BlobBaseFeeScalar: blob})
	return ConfigUpdate{kind: 1, data: cat(make([]byte, 32), sc[:]), note: fmt.Sprintf("fee scalars %d/%d", base, blob)}
}

func SetGasLimit(n uint64) ConfigUpdate {
	return ConfigUpdate{kind: 2, data: wordU(n), note: fmt.Sprintf("gas limit %d", n)}
}

func SetSigner(a common.Address) ConfigUpdate {
	return ConfigUpdate{kind: 3, data: word(a.Bytes()), note: "unsafe block signer"}
}

func SetEIP1559(denominator, elasticity uint32) ConfigUpdate {
	p := HoloceneParams(denominator, elasticity)
	return ConfigUpdate{kind: 4, data: word(p[:]), note: fmt.Sprintf("eip1559 params %d/%d", denominator, elasticity)}
}

func SetOperatorFee(scalar uint32, constant uint64) ConfigUpdate {
	p := eth.EncodeOperatorFeeParams(eth.OperatorFeeParams{Scalar: scalar, Constant: constant})
	return ConfigUpdate{kind: 5, data: p[:], note: fmt.Sprintf("operator fee %d/%d", scalar, constant)}
}

func SetMinBaseFee(n uint64) ConfigUpdate {
	return ConfigUpdate{kind: 6, data: wordU(n), note: fmt.Sprintf("min base fee %d", n)}
}

func SetDAFootprint(n uint16) ConfigUpdate {
	return ConfigUpdate{kind: 7, data: word(binary.BigEndian.AppendUint16(nil, n)), note: fmt.Sprintf("DA footprint gas scalar %d", n)}
}
