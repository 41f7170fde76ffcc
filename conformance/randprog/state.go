package randprog

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ethereum-optimism/optimism/cannon/mipsevm/multithreaded"
	"github.com/ethereum/go-ethereum/common"
)

// Kind says how to make a state and its code.
type Kind struct {
	// Wild code has invalid instructions, which end the run.
	Wild bool
	// Calls allows system calls.
	Calls bool
	// Threads is the largest number of threads.
	Threads int
	// Size of the code in words.
	Size int
	// Keys are the pre-images that the code may read.
	Keys []Key
}

// Key is a pre-image that the server has.
type Key struct {
	Key    [32]byte
	Length int
}

// SortKeys sorts keys, so that a seed always makes the same state.
func SortKeys(keys []Key) {
	slices.SortFunc(keys, func(a, b Key) int { return bytes.Compare(a.Key[:], b.Key[:]) })
}

// quantum is how many steps the scheduler lets a thread run.
const quantum = 100_000

// State makes a state from a seed.
func State(seed uint64, kind Kind) *multithreaded.State {
	s := &builder{Rand: rand.New(rand.NewPCG(seed, 0x7472696275)), kind: kind, state: multithreaded.CreateEmptyState()}
	s.memory()
	s.threads()
	s.scalars()
	return s.state
}

type builder struct {
	*rand.Rand
	kind       Kind
	state      *multithreaded.State
	data       []uint64
	code, size uint64
}

// memory writes code to one place and data to several, some of them adjacent and some at the ends of the address space.
func (s *builder) memory() {
	// Above the first page, where the reference does not notice self-modifying code.
	s.code = pick(s.Rand, []uint64{0x1000, 0x11ff0, 0x400000, 0x0ffff000, 0xc000002000, 0x7ffffff0f000, 0xffffffff80001000})
	g := &generator{Rand: s.Rand, address: s.code, wild: s.kind.Wild, calls: s.kind.Calls}
	g.code(s.kind.Size)
	s.size = uint64(len(g.words))
	var encoded []byte
	for _, word := range g.words {
		encoded = binary.BigEndian.AppendUint32(encoded, word)
	}
	s.write(s.code, encoded)

	near := s.code + 4*s.size + 0x10000
	s.data = []uint64{near &^ 0xfff, near&^0xfff + 0x1000, 0x7fff12340000, 0xc000000ff8, 0x10000000fff0, 0xffffffffffffe000}
	for _, address := range s.data {
		content := make([]byte, 600)
		for i := range content {
			content[i] = byte(s.Uint32() & s.Uint32())
		}
		if !one(s.Rand, 4) { // Memory is zero by default.
			s.write(address, content)
		}
	}
}

func (s *builder) write(address uint64, content []byte) {
	// Cannot fail: the reader has the bytes.
	_ = s.state.Memory.SetMemoryRange(address, bytes.NewReader(content))
}

// threads fills the two stacks. The active one has a thread, which mostly runs.
func (s *builder) threads() {
	var all []*multithreaded.ThreadState
	for range 1 + s.IntN(s.kind.Threads) {
		all = append(all, s.thread(uint64(len(all))))
	}
	left := s.IntN(len(all) + 1)
	s.state.LeftThreadStack, s.state.RightThreadStack = all[:left:left], all[left:]
	s.state.TraverseRight = left == 0 || left < len(all) && one(s.Rand, 2)
	s.state.NextThreadId = uint64(len(all))
	if one(s.Rand, 10) {
		s.state.NextThreadId = s.Uint64()
	}
	if !one(s.Rand, 5) {
		s.state.GetCurrentThread().Exited = false
	}
}

func (s *builder) thread(id uint64) *multithreaded.ThreadState {
	t := multithreaded.CreateEmptyThread()
	t.ThreadId = id
	if one(s.Rand, 6) {
		t.Exited, t.ExitCode = true, byte(s.Uint32())
	}
	for i := range t.Registers {
		t.Registers[i] = s.word()
	}
	t.Registers[0] = 0
	for i := range 8 {
		t.Registers[dataBase+i] = pick(s.Rand, s.data) + s.Uint64N(400)
	}
	t.Registers[codeBase] = s.code + 4*s.Uint64N(s.size)
	t.Registers[codeBase+1] = s.code
	t.Registers[linkedBase] = s.data[0] + 8*s.Uint64N(4)
	t.Cpu.PC = s.code + 4*s.Uint64N(min(s.size, 8))
	t.Cpu.NextPC = t.Cpu.PC + 4
	if one(s.Rand, 8) { // In a delay slot.
		t.Cpu.NextPC = s.code + 4*s.Uint64N(s.size)
	}
	if s.kind.Wild && one(s.Rand, 40) {
		t.Cpu.NextPC = s.Uint64()
	}
	t.Cpu.HI, t.Cpu.LO = s.word(), s.word()
	return t
}

// word is a random number, often an edge case.
func (s *builder) word() uint64 {
	return pick(s.Rand, []uint64{
		0, 1, math.MaxUint64, 1 << 63, math.MaxInt64, 0x80000000, 0xffffffff80000000, 0x7fffffff, 0xffffffff, 1 << 32,
		s.Uint64(), s.Uint64(), s.Uint64(), uint64(int64(int32(s.Uint32()))), uint64(s.Uint32()), s.Uint64N(100),
	})
}

// scalars sets all fields but memory and threads.
func (s *builder) scalars() {
	st := s.state
	st.Heap = pick(s.Rand, []uint64{0x100000000000, 0x100000003000, 0x5fffffff0000, 0x600000000000, 0})
	st.Step = pick(s.Rand, []uint64{0, 1, s.Uint64N(1 << 40), s.Uint64N(1 << 20), 1<<32 - 5})
	st.StepsSinceLastContextSwitch = pick(s.Rand, []uint64{
		0, s.Uint64N(quantum), quantum - 1, quantum, quantum + 1, quantum - s.Uint64N(300), quantum - s.Uint64N(9000), 1 << 40,
	})
	if one(s.Rand, 2) {
		st.LLReservationStatus = multithreaded.LLReservationStatus(1 + s.IntN(2))
		st.LLAddress = s.data[0] + s.Uint64N(40)
		st.LLOwnerThread = s.Uint64N(uint64(s.kind.Threads))
	}
	st.PreimageKey = common.Hash{1, 2, 3}
	if len(s.kind.Keys) > 0 {
		key := pick(s.Rand, s.kind.Keys)
		st.PreimageKey = key.Key
		st.PreimageOffset = s.Uint64N(uint64(8 + key.Length))
	}
	if one(s.Rand, 3) {
		st.LastHint = make([]byte, s.IntN(30))
		for i := range st.LastHint {
			st.LastHint[i] = byte(i)
		}
		if len(st.LastHint) >= 4 {
			binary.BigEndian.PutUint32(st.LastHint, uint32(len(st.LastHint)-4+1+s.IntN(100)))
		}
	}
}
