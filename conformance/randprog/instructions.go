// Package randprog makes random states of the VM: threads, memory, and code with all instructions.
package randprog

import "math/rand/v2"

// Registers with addresses, which instructions rarely overwrite.
const (
	// dataBase to dataBase+7 point into data.
	dataBase = 16
	// codeBase and codeBase+1 point into code.
	codeBase = 24
	// linkedBase points to the word that load-linked is used on.
	linkedBase = 26
)

// specials are the function fields of the instructions with opcode 0, without jumps and system calls.
var specials = []uint32{
	0x00, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0a, 0x0b, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x19, 0x1c,
	0x1d, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x38, 0x3a, 0x3b, 0x3c,
	0x3e, 0x3f,
}

// divisions are div, divu, ddiv, ddivu.
var divisions = []uint32{0x1a, 0x1b, 0x1e, 0x1f}

// specials2 are mul, clz, clo, dclz, dclo.
var specials2 = []uint32{0x02, 0x20, 0x21, 0x24, 0x25}

// immediates are addi to lui, daddi, daddiu.
var immediates = []uint32{8, 9, 10, 11, 12, 13, 14, 15, 0x18, 0x19}

var (
	loads  = []uint32{0x1a, 0x1b, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x37}
	stores = []uint32{0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x3f}
)

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func one(r *rand.Rand, in int) bool { return r.IntN(in) == 0 }

// source is any register.
func source(r *rand.Rand) uint32 { return r.Uint32N(32) }

// target is a register to write to.
func target(r *rand.Rand) uint32 {
	for {
		register := r.Uint32N(32)
		if register < dataBase || register > linkedBase || one(r, 60) {
			return register
		}
	}
}

func encodeR(opcode, rs, rt, rd, shift, function uint32) uint32 {
	return opcode<<26 | rs<<21 | rt<<16 | rd<<11 | shift<<6 | function
}

func encodeI(opcode, rs, rt, immediate uint32) uint32 {
	return opcode<<26 | rs<<21 | rt<<16 | immediate&0xffff
}

// generator writes code word by word.
type generator struct {
	*rand.Rand
	words []uint32
	// address of the first word.
	address uint64
	// wild allows invalid instructions and random words.
	wild bool
	// calls allows system calls.
	calls bool
}

func (g *generator) emit(words ...uint32) { g.words = append(g.words, words...) }

// code makes about size words and a jump back to the first.
func (g *generator) code(size int) {
	for len(g.words) < size {
		g.any()
	}
	g.emit(2<<26|uint32(g.address>>2)&0x3ffffff, g.straight())
}

// any emits one instruction, or several that belong together.
func (g *generator) any() {
	switch n := g.IntN(100); {
	case n < 55:
		g.emit(g.straight())
	case n < 65:
		g.branch()
	case n < 70:
		g.jump()
	case n < 76:
		g.linked()
	case n < 84:
		g.division()
	case n < 90 && g.calls:
		g.systemCall()
	case n < 92 && g.wild:
		g.emit(g.odd())
	default:
		g.emit(g.memory())
	}
}

// straight is an instruction that does not jump and cannot fail.
func (g *generator) straight() uint32 {
	r := g.Rand
	switch g.IntN(10) {
	case 0, 1, 2, 3:
		return encodeR(0, source(r), source(r), target(r), g.Uint32N(32), pick(r, specials))
	case 4:
		return encodeR(0x1c, source(r), source(r), target(r), 0, pick(r, specials2))
	case 5, 6, 7:
		return encodeI(pick(r, immediates), source(r), target(r), g.immediate())
	default:
		return g.memory()
	}
}

// immediate is a random number, often an edge case.
func (g *generator) immediate() uint32 {
	return pick(g.Rand, []uint32{0, 1, 0x7fff, 0x8000, 0xffff, g.Uint32(), g.Uint32(), g.Uint32N(64)})
}

func (g *generator) memory() uint32 {
	base := dataBase + g.Uint32N(8)
	if one(g.Rand, 12) {
		base = linkedBase
	}
	if g.wild && one(g.Rand, 40) {
		base = source(g.Rand)
	}
	offset := g.Uint32N(128)
	if one(g.Rand, 4) {
		offset = g.Uint32()
	}
	if one(g.Rand, 2) {
		return encodeI(pick(g.Rand, stores), base, source(g.Rand), offset)
	}
	return encodeI(pick(g.Rand, loads), base, target(g.Rand), offset)
}

// branch emits a branch over a few words, or sometimes back, and its delay slot.
func (g *generator) branch() {
	distance := uint32(1 + g.IntN(9))
	if one(g.Rand, 5) && len(g.words) > 10 {
		distance = -uint32(g.IntN(10))
	}
	var word uint32
	if one(g.Rand, 3) {
		kinds := []uint32{0, 1, 0x10, 0x11}
		if g.wild {
			kinds = append(kinds, g.Uint32N(32))
		}
		word = encodeI(1, source(g.Rand), pick(g.Rand, kinds), distance)
	} else {
		word = encodeI(4+g.Uint32N(4), source(g.Rand), source(g.Rand), distance)
	}
	g.emit(word)
	if g.wild && one(g.Rand, 15) {
		g.branch() // In a delay slot: invalid if the first was taken.
		return
	}
	g.emit(g.straight())
}

// jump emits a jump forwards, by the word or by a register that holds an address of code.
func (g *generator) jump() {
	ahead := uint32(g.address>>2) + uint32(len(g.words)+2+g.IntN(6))
	switch g.IntN(6) {
	case 0, 1:
		g.emit(2<<26 | ahead&0x3ffffff)
	case 2:
		g.emit(3<<26 | ahead&0x3ffffff)
	case 3:
		g.emit(encodeR(0, codeBase+g.Uint32N(2), 0, 0, 0, 8)) // jr
	case 4:
		g.emit(encodeR(0, codeBase+g.Uint32N(2), 0, target(g.Rand), 0, 9)) // jalr
	default:
		register := source(g.Rand)
		if !g.wild {
			register = codeBase
		}
		g.emit(encodeR(0, register, g.Uint32N(32), target(g.Rand), g.Uint32N(32), 9))
	}
	g.emit(g.straight())
}

// linked emits a load-linked and a store-conditional, which match or not, with instructions between.
func (g *generator) linked() {
	wide := g.Uint32N(2) * 4
	offset := g.Uint32N(2) * 4
	if one(g.Rand, 6) {
		offset = g.Uint32N(16)
	}
	g.emit(encodeI(0x30+wide, linkedBase, target(g.Rand), offset))
	for range g.IntN(3) {
		g.emit(g.straight())
	}
	if one(g.Rand, 6) {
		wide ^= 4
	}
	if one(g.Rand, 6) {
		offset ^= 4
	}
	g.emit(encodeI(0x38+wide, linkedBase, target(g.Rand), offset))
}

// division emits a division. Unless the program is wild, the divisor is made odd before.
func (g *generator) division() {
	divisor := 8 + g.Uint32N(8)
	if !g.wild || !one(g.Rand, 10) {
		g.emit(encodeI(0x0d, divisor, divisor, g.Uint32()|1)) // ori
	}
	g.emit(encodeR(0, source(g.Rand), divisor, target(g.Rand)*(g.Uint32N(8)/7), 0, pick(g.Rand, divisions)))
}

// odd is a partly or wholly random word. Most are invalid; some are instructions with fields that should be zero.
func (g *generator) odd() uint32 {
	switch g.IntN(5) {
	case 0:
		return g.Uint32()
	case 1:
		return g.Uint32() & 0x03ffffff
	case 2:
		return 0x1c<<26 | g.Uint32()&0x03ffffff
	case 3:
		return encodeR(0, source(g.Rand), source(g.Rand), target(g.Rand), g.Uint32N(32), 0x0f) // sync
	default:
		return g.Uint32N(64)<<26 | (dataBase+g.Uint32N(8))<<21 | g.Uint32N(32)<<16 | g.Uint32N(256)
	}
}
