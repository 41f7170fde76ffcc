package randprog

// calls are the numbers of system calls that the VM knows.
var calls = []uint32{
	5000, 5001, 5002, 5003, 5004, 5005, 5008, 5009, 5010, 5011, 5012, 5013, 5014, 5015, 5016, 5023, 5026, 5027, 5034, 5036,
	5038, 5055, 5058, 5061, 5070, 5087, 5095, 5100, 5102, 5129, 5178, 5194, 5196, 5205, 5208, 5216, 5217, 5220, 5222, 5225,
	5247, 5257, 5272, 5284, 5285, 5287, 5297, 5313,
}

// busy are the calls with an effect.
var busy = []uint32{5000, 5000, 5001, 5001, 5009, 5023, 5034, 5055, 5070, 5178, 5194, 5194, 5222, 5284, 5313}

const (
	v0, a0, a1, a2 = 2, 4, 5, 6

	cloneFlags = 0x50f00

	sysRead, sysWrite, sysMmap, sysClone, sysExit, sysFutex, sysExitGroup = 5000, 5001, 5009, 5055, 5058, 5194, 5205
)

// systemCall emits a call with arguments that are mostly valid.
func (g *generator) systemCall() {
	number := pick(g.Rand, busy)
	if one(g.Rand, 3) {
		number = pick(g.Rand, calls)
	}
	if g.wild && one(g.Rand, 50) {
		number = g.Uint32N(6000)
	}
	if (number == sysExit || number == sysExitGroup) && !one(g.Rand, 4) {
		return
	}
	g.set(a0, g.Uint32N(8))
	g.address16(a1)
	g.set(a2, g.Uint32N(20))
	switch number {
	case sysRead:
		g.set(a0, pick(g.Rand, []uint32{0, 3, 5, 5, 5, 100, g.Uint32N(128)}))
		if one(g.Rand, 2) {
			g.set(a2, g.Uint32N(3)+1) // Few bytes, so that a pre-image lasts long.
		}
	case sysWrite:
		// Short, and rarely to the key of a pre-image: an unknown key ends the run.
		g.set(a0, pick(g.Rand, []uint32{0, 1, 2, 3, 4, 4, 5, 100, g.Uint32N(128)}))
		if g.wild && one(g.Rand, 30) {
			g.set(a0, 6)
		}
	case sysMmap:
		if one(g.Rand, 3) {
			g.set(a0, 0)
		}
		g.emit(encodeI(0x0d, 0, a1, g.Uint32()))
		if one(g.Rand, 4) {
			g.emit(encodeR(0, 0, source(g.Rand), a1, 0, 0x25)) // or: any length
		}
	case sysClone:
		g.emit(encodeI(0x0f, 0, a0, cloneFlags>>16), encodeI(0x0d, a0, a0, cloneFlags&0xffff))
		if g.wild && one(g.Rand, 10) {
			g.emit(encodeI(0x0d, a0, a0, g.Uint32()))
		}
	case sysFutex:
		g.address16(a0)
		g.set(a1, pick(g.Rand, []uint32{128, 128, 129, 0, 1, 256}))
		if one(g.Rand, 2) {
			g.emit(encodeI(0x27, a0, a2, 0)) // lwu: the present value
		}
	default:
		if one(g.Rand, 3) {
			g.address16(a0)
		}
	}
	g.set(v0, number)
	g.emit(0x0c | g.Uint32N(2)*(g.Uint32()&0x03ffffc0))
}

func (g *generator) set(register, value uint32) { g.emit(encodeI(0x0d, 0, register, value)) }

// address16 makes a register point into data, near any alignment.
func (g *generator) address16(register uint32) {
	base := dataBase + g.Uint32N(8)
	if one(g.Rand, 4) {
		base = linkedBase
	}
	g.emit(encodeI(0x19, base, register, g.Uint32N(24))) // daddiu
}
