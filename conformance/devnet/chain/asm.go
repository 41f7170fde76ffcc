package chain

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/core/vm"
)

// asm assembles a whitespace-separated listing: mnemonics, `0x..` and decimal literals (pushed with the
// shortest PUSH), `:name` for a jump destination and `@name` for pushing its offset.
func asm(src string) []byte {
	var code []byte
	labels := map[string]int{}
	fixups := map[int]string{}
	for _, tok := range strings.Fields(src) {
		switch {
		case strings.HasPrefix(tok, ":"):
			labels[tok[1:]] = len(code)
			code = append(code, byte(vm.JUMPDEST))
		case strings.HasPrefix(tok, "@"):
			code = append(code, byte(vm.PUSH2))
			fixups[len(code)] = tok[1:]
			code = append(code, 0, 0)
		case tok[0] >= '0' && tok[0] <= '9':
			n, ok := new(big.Int).SetString(tok, 0)
			if !ok {
				panic("bad literal " + tok)
			}
			b := n.Bytes()
			if len(b) == 0 {
				code = append(code, byte(vm.PUSH0))
			} else {
				code = append(code, byte(vm.PUSH1)+byte(len(b)-1))
				code = append(code, b...)
			}
		default:
			op := vm.StringToOp(tok)
			if op == vm.STOP && tok != "STOP" {
				panic("bad mnemonic " + tok)
			}
			code = append(code, byte(op))
		}
	}
	for at, name := range fixups {
		pos, ok := labels[name]
		if !ok {
			panic("no label " + name)
		}
		binary.BigEndian.PutUint16(code[at:], uint16(pos))
	}
	return code
}

// emitter logs its calldata: the first n words are the topics, the rest is the data.
// Calldata of odd length makes it revert after logging.
func emitter(n int) []byte {
	var s strings.Builder
	for i := n - 1; i >= 0; i-- {
		fmt.Fprintf(&s, "%d CALLDATALOAD ", i*32)
	}
	fmt.Fprintf(&s, "%d CALLDATASIZE SUB DUP1 %d 0 CALLDATACOPY 0 LOG%d ", n*32, n*32, n)
	s.WriteString("1 CALLDATASIZE AND @bad JUMPI STOP :bad 0 0 REVERT")
	return asm(s.String())
}

var (
	// storer(start, count, value): writes `count` slots from `start`; value 0 clears them.
	storerCode = asm(`
		0 :loop
		DUP1 32 CALLDATALOAD EQ @done JUMPI
		64 CALLDATALOAD DUP1 ISZERO @zero JUMPI DUP2 ADD
		:zero
		DUP2 0 CALLDATALOAD ADD SSTORE
		1 ADD @loop JUMP
		:done STOP`)

	// caller(address ++ input): static-calls, and stores a digest of success and return data in a fresh slot.
	callerCode = asm(`
		32 CALLDATASIZE SUB 32 0 CALLDATACOPY
		0 0 32 CALLDATASIZE SUB 0 0 CALLDATALOAD GAS STATICCALL
		RETURNDATASIZE 0 0 RETURNDATACOPY
		RETURNDATASIZE 0 KECCAK256 XOR
		0 SLOAD 1 ADD DUP1 0 SSTORE SSTORE STOP`)

	// zoo(depth): stores what the block and transaction environment looks like, uses transient storage and MCOPY, and logs.
	zooCode = asm(`
		0 CALLDATALOAD NUMBER SUB BLOCKHASH 1 SSTORE
		DIFFICULTY 2 SSTORE BASEFEE 3 SSTORE BLOBBASEFEE 4 SSTORE CHAINID 5 SSTORE
		COINBASE 6 SSTORE TIMESTAMP 7 SSTORE NUMBER 8 SSTORE GASLIMIT 9 SSTORE
		SELFBALANCE 10 SSTORE ORIGIN 11 SSTORE GASPRICE 12 SSTORE
		7 1 TSTORE 1 TLOAD 13 SSTORE
		TIMESTAMP 0 MSTORE 32 0 64 MCOPY 64 MLOAD 14 SSTORE
		CALLER EXTCODEHASH 15 SSTORE ADDRESS EXTCODESIZE 16 SSTORE
		0 BLOBHASH 17 SSTORE MSIZE 18 SSTORE CALLER BALANCE 19 SSTORE
		NUMBER TIMESTAMP CALLER ORIGIN 96 0 LOG4
		96 0 LOG0 STOP`)

	// reverter: writes, logs, and takes it all back.
	reverterCode = asm(`NUMBER 1 SSTORE 32 0 LOG0 TIMESTAMP 0 MSTORE 32 0 REVERT`)

	// burner: uses up all gas.
	burnerCode = asm(`:l GAS SLOAD POP @l JUMP`)

	// factory(salt ++ init code): CREATE2, then calls what it made.
	factoryCode = asm(`
		32 CALLDATASIZE SUB 32 0 CALLDATACOPY
		0 CALLDATALOAD 32 CALLDATASIZE SUB 0 CALLVALUE CREATE2
		DUP1 NUMBER SSTORE
		0 0 0 0 0 DUP6 GAS CALL POP POP STOP`)

	// bomb(beneficiary): SELFDESTRUCT.
	bombCode = asm(`0 CALLDATALOAD SELFDESTRUCT`)
)

// deployer wraps runtime code into init code.
func deployer(runtime []byte) []byte {
	head := fmt.Sprintf("%d DUP1 @code 0 CODECOPY 0 RETURN :code", len(runtime))
	init := asm(head)
	// the label is a JUMPDEST byte in front of the code: copy from behind it
	init[len(init)-1] = byte(vm.STOP)
	for i := 0; i+2 < len(init); i++ {
		if init[i] == byte(vm.PUSH2) && int(binary.BigEndian.Uint16(init[i+1:])) == len(init)-1 {
			binary.BigEndian.PutUint16(init[i+1:], uint16(len(init)))
			break
		}
	}
	return append(init, runtime...)
}
