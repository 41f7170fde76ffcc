// Package reference runs real Cannon in this process, step by step.
package reference

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/ethereum-optimism/optimism/cannon/mipsevm"
	"github.com/ethereum-optimism/optimism/cannon/mipsevm/multithreaded"
	"github.com/ethereum-optimism/optimism/cannon/mipsevm/program"
	"github.com/ethereum-optimism/optimism/cannon/mipsevm/versions"
	"github.com/ethereum-optimism/optimism/op-service/serialize"
	"github.com/ethereum/go-ethereum/log"

	"tribunal/conformance/trace"
)

// Version is the state version that this Cannon is made for, by name.
var Version = versions.GetCurrentVersion().String()

// Panic is a step that Cannon refuses, as it does with an invalid instruction.
type Panic struct {
	Step  uint64
	Value any
}

func (p *Panic) Error() string { return fmt.Sprintf("panic in step %d: %v", p.Step, p.Value) }

// Machine is a program in Cannon, with its pre-images.
type Machine struct {
	State  *multithreaded.State
	vm     *multithreaded.InstrumentedState
	oracle Oracle
}

// Oracle answers a program.
type Oracle interface {
	mipsevm.PreimageOracle
	Close() error
}

var quiet = log.NewLogger(slog.DiscardHandler)

// Known is an oracle that knows some pre-images and takes all hints.
type Known map[[32]byte][]byte

// Hint does nothing.
func (k Known) Hint([]byte) {}

// GetPreimage is a pre-image; the program ends with a [Panic] if it asks for one that is not there.
func (k Known) GetPreimage(key [32]byte) []byte {
	value, ok := k[key]
	if !ok {
		panic(fmt.Sprintf("no pre-image of %x", key))
	}
	return value
}

// Close does nothing.
func (k Known) Close() error { return nil }

// Open loads a state for a long run: what lies below 128 MiB is decoded once, and must not be overwritten.
func Open(path string, oracle Oracle) (*Machine, error) {
	state, err := versions.LoadStateFromFileWithLargeICache(path)
	if err != nil {
		return nil, err
	}
	return newMachine(&state.VersionedState, oracle)
}

// OpenSmall loads a state for a short run: quicker, and code above the first page may change.
func OpenSmall(path string, oracle Oracle) (*Machine, error) {
	state, err := versions.LoadStateFromFile(path)
	if err != nil {
		return nil, err
	}
	return newMachine(state, oracle)
}

func newMachine(versioned *versions.VersionedState, oracle Oracle) (*Machine, error) {
	state, ok := versioned.FPVMState.(*multithreaded.State)
	if !ok {
		return nil, fmt.Errorf("a state of type %T", versioned.FPVMState)
	}
	vm, ok := versioned.CreateVM(quiet, oracle, io.Discard, io.Discard, &program.Metadata{}).(*multithreaded.InstrumentedState)
	if !ok {
		return nil, fmt.Errorf("no VM with threads for a state of version %v", versioned.Version)
	}
	return &Machine{State: state, vm: vm, oracle: oracle}, nil
}

// Close ends the pre-image server.
func (m *Machine) Close() error { return m.oracle.Close() }

// Line is the hash of the present state.
func (m *Machine) Line() trace.Line {
	_, hash := m.State.EncodeWitness()
	return trace.Line{Step: m.State.Step, Hash: hash}
}

// Run steps until the program exits or visit, which is called before each step, returns false.
// A step that Cannon refuses ends in a [Panic].
func (m *Machine) Run(visit func() bool) (err error) {
	defer func() {
		if value := recover(); value != nil {
			// A refused step has been counted already.
			err = &Panic{Step: m.State.Step - 1, Value: value}
		}
	}()
	for !m.State.Exited && visit() {
		if _, err := m.step(false); err != nil {
			return err
		}
	}
	return nil
}

// firstPage ends what Cannon decodes once and for all when it opens a small state.
const firstPage = 0x1000

// step makes a step, with a proof or without.
// Programs that change code in the first page, as wild ones do, get what the contract makes of it: the code as it is.
func (m *Machine) step(proof bool) (*mipsevm.StepWitness, error) {
	if pc := m.State.GetCurrentThread().Cpu.PC; pc < firstPage && pc%4 == 0 {
		m.vm.UpdateInstructionCache(pc)
	}
	return m.vm.Step(proof)
}

// mostWritten is how much a guest may write at once. Cannon takes any length, and years for some.
const mostWritten = 1 << 20

// Endless says whether the next step is a system call that would keep Cannon busy for ever.
func (m *Machine) Endless() bool {
	thread := m.State.GetCurrentThread()
	registers := &thread.Registers
	if registers[2] != 5001 || registers[6] <= mostWritten {
		return false
	}
	return m.Instruction()>>26 == 0 && m.Instruction()&0x3f == 0x0c
}

// Instruction is the word that the current thread is about to execute.
func (m *Machine) Instruction() uint32 {
	pc := m.State.GetCurrentThread().Cpu.PC
	return uint32(m.State.Memory.GetWord(pc&^7) >> (32 - pc&4*8))
}

// Trace runs until the program exits, or to a step, and returns the hashes at the points and at the end.
// With an error, a [Panic] for instance, come the hashes up to there.
func (m *Machine) Trace(points trace.Points, stop uint64) ([]trace.Line, error) {
	var lines []trace.Line
	start := m.State.Step
	err := m.Run(func() bool {
		if m.State.Step == stop || m.Endless() {
			return false
		}
		if points.Want(start, m.State.Step) {
			lines = append(lines, m.Line())
		}
		return true
	})
	if err != nil {
		return lines, err
	}
	return append(lines, m.Line()), nil
}

// Save writes the present state to a file, as Cannon's program does.
func (m *Machine) Save(path string) error { return Save(m.State, path) }

// Save writes a state to a file.
func Save(state *multithreaded.State, path string) error {
	versioned, err := versions.NewFromState(versions.GetCurrentVersion(), state)
	if err != nil {
		return err
	}
	return serialize.Write(path, versioned, 0o644)
}

// Load reads a state from a file.
func Load(path string) (*multithreaded.State, error) {
	versioned, err := versions.LoadStateFromFile(path)
	if err != nil {
		return nil, err
	}
	state, ok := versioned.FPVMState.(*multithreaded.State)
	if !ok {
		return nil, errors.New("not a multithreaded state")
	}
	return state, nil
}
