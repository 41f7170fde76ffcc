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

// Version is the name of this Cannon's state version.
var Version = versions.GetCurrentVersion().String()

// Panic is a step that is invalid in Cannon, because of an invalid instruction for example.
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

// Known is an oracle that has some pre-images and ignores hints.
type Known map[[32]byte][]byte

// Hint does nothing.
func (k Known) Hint([]byte) {}

// GetPreimage is a pre-image. The program ends with a [Panic] if it is missing.
func (k Known) GetPreimage(key [32]byte) []byte {
	value, ok := k[key]
	if !ok {
		panic(fmt.Sprintf("no pre-image of %x", key))
	}
	return value
}

// Close does nothing.
func (k Known) Close() error { return nil }

// Open loads a state for a long run. Code below 128 MiB is decoded once and must not change.
func Open(path string, oracle Oracle) (*Machine, error) {
	state, err := versions.LoadStateFromFileWithLargeICache(path)
	if err != nil {
		return nil, err
	}
	return newMachine(&state.VersionedState, oracle)
}

// OpenSmall loads a state for a short run. This is faster, and code above the first page may change.
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
// A step that is invalid in Cannon ends in a [Panic].
func (m *Machine) Run(visit func() bool) (err error) {
	defer func() {
		if value := recover(); value != nil {
			// The invalid step has been counted already.
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

// firstPage is the end of the memory that Cannon decodes once in a state that it opens for a short run.
const firstPage = 0x1000

// step makes a step, with a proof or without.
// Code in the first page is decoded again, since wild programs change it. So does the contract.
func (m *Machine) step(proof bool) (*mipsevm.StepWitness, error) {
	if pc := m.State.GetCurrentThread().Cpu.PC; pc < firstPage && pc%4 == 0 {
		m.vm.UpdateInstructionCache(pc)
	}
	return m.vm.Step(proof)
}

// mostWritten is the most bytes that a guest may write at once. Cannon accepts any length, and needs years for some.
const mostWritten = 1 << 20

// Endless says whether the next step is a system call that would take Cannon for ever.
func (m *Machine) Endless() bool {
	thread := m.State.GetCurrentThread()
	registers := &thread.Registers
	if registers[2] != 5001 || registers[6] <= mostWritten {
		return false
	}
	return m.Instruction()>>26 == 0 && m.Instruction()&0x3f == 0x0c
}

// Instruction is the word that the current thread executes next.
func (m *Machine) Instruction() uint32 {
	pc := m.State.GetCurrentThread().Cpu.PC
	return uint32(m.State.Memory.GetWord(pc&^7) >> (32 - pc&4*8))
}

// Trace runs until the program exits, or to a step, and returns the hashes at the points and at the end.
// With an error, such as a [Panic], it returns the hashes up to there.
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
