package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"os"

	"github.com/ethereum-optimism/optimism/cannon/cmd"
	"github.com/ethereum-optimism/optimism/cannon/mipsevm/versions"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
)

const gas = 1 << 40

var (
	caller        = common.HexToAddress("0xca11")
	oracleAddress = common.HexToAddress("0x04ac1e")
	localContext  = common.HexToHash("0xc0")
)

// Contract is a deployed MIPS64 contract and its pre-image oracle.
type Contract struct {
	evm     *vm.EVM
	address common.Address
	oracle  *oracle
}

// Deploy compiles the contract and deploys it in an EVM of its own.
func Deploy(ctx context.Context) (*Contract, error) {
	code, err := creationCode(ctx)
	if err != nil {
		return nil, err
	}
	db, err := state.New(types.EmptyRootHash, state.NewDatabaseForTesting())
	if err != nil {
		return nil, err
	}
	version := new(big.Int).SetUint64(uint64(versions.GetCurrentVersion()))
	code = append(code, common.LeftPadBytes(oracleAddress[:], 32)...)
	code = append(code, common.LeftPadBytes(version.Bytes(), 32)...)
	config := &runtime.Config{Origin: caller, State: db}
	_, address, _, err := runtime.Create(code, config)
	if err != nil {
		return nil, fmt.Errorf("deploying the contract: %w", err)
	}
	evm := runtime.NewEnv(config)
	answers := &oracle{}
	precompiles := maps.Clone(vm.PrecompiledContractsCancun)
	precompiles[oracleAddress] = answers
	evm.SetPrecompiles(precompiles)
	return &Contract{evm, address, answers}, nil
}

// Check repeats the step of a proof file in the contract, and compares the state after it.
func (c *Contract) Check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var proof cmd.Proof
	if err := json.Unmarshal(text, &proof); err != nil {
		return err
	}
	post, err := c.step(proof)
	if err != nil {
		return fmt.Errorf("the contract refuses step %d: %w", proof.Step, err)
	}
	if post != proof.Post {
		return fmt.Errorf("after step %d the contract has %v, the proof %v", proof.Step, post, proof.Post)
	}
	return nil
}

func (c *Contract) step(proof cmd.Proof) (common.Hash, error) {
	input := encodeStep(proof.StateData, proof.ProofData)
	*c.oracle = oracle{key: proof.OracleKey, value: proof.OracleValue, offset: uint64(proof.OracleOffset)}
	before := c.evm.StateDB.Snapshot()
	defer c.evm.StateDB.RevertToSnapshot(before)
	output, _, err := c.evm.Call(caller, c.address, input, gas, new(uint256.Int))
	if err != nil {
		return common.Hash{}, fmt.Errorf("%w (%x)", err, output)
	}
	return common.BytesToHash(output), nil
}

// oracle replaces the contract with the pre-images. It has the one in the proof.
type oracle struct {
	key, value []byte
	offset     uint64
}

func (o *oracle) Name() string { return "pre-image oracle" }

func (o *oracle) RequiredGas([]byte) uint64 { return 0 }

// Run answers readPreimage(bytes32 key, uint256 offset) with at most 32 bytes from the offset on, and their number.
func (o *oracle) Run(input []byte) ([]byte, error) {
	if len(input) != 4+64 || [4]byte(input) != selector("readPreimage(bytes32,uint256)") {
		return nil, fmt.Errorf("the oracle is asked %x", input)
	}
	if len(o.key) == 0 {
		return nil, fmt.Errorf("the step reads a pre-image, its proof has none")
	}
	key, offset := common.Hash(input[4:36]), new(big.Int).SetBytes(input[36:])
	if want := localize(common.Hash(o.key)); key != want {
		return nil, fmt.Errorf("the step reads %v, its proof has %v", key, want)
	}
	if !offset.IsUint64() || offset.Uint64() != o.offset || o.offset >= uint64(len(o.value)) {
		return nil, fmt.Errorf("the step reads from %v on, its proof has %d", offset, o.offset)
	}
	part := o.value[o.offset:min(o.offset+32, uint64(len(o.value)))]
	return append(common.RightPadBytes(part, 32), common.LeftPadBytes([]byte{byte(len(part))}, 32)...), nil
}

// localize makes the contract's key of a program's key. A local key is hashed with the sender and the context of a game.
func localize(key common.Hash) common.Hash {
	if key[0] != 1 {
		return key
	}
	out := crypto.Keccak256Hash(key[:], common.LeftPadBytes(caller[:], 32), localContext[:])
	out[0] = 1
	return out
}

// encodeStep is the call step(bytes stateData, bytes proof, bytes32 localContext).
func encodeStep(stateData, proof []byte) []byte {
	const head = 3 * 32
	first, second := tail(stateData), tail(proof)
	name := selector("step(bytes,bytes,bytes32)")
	out := append(name[:], word(head)...)
	out = append(out, word(head+len(first))...)
	out = append(out, localContext[:]...)
	return append(append(out, first...), second...)
}

// tail is the ABI encoding of bytes: their length, then the bytes, padded to whole words.
func tail(data []byte) []byte {
	return append(word(len(data)), common.RightPadBytes(data, (len(data)+31)/32*32)...)
}

func word(n int) []byte { return common.LeftPadBytes(big.NewInt(int64(n)).Bytes(), 32) }

func selector(signature string) [4]byte { return [4]byte(crypto.Keccak256([]byte(signature))) }
