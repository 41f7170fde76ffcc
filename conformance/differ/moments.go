package differ

import (
	"fmt"
	"path/filepath"

	"tribunal/conformance/reference"
)

// Kind is what a step does.
type Kind struct {
	// The instruction or call; the numbers give details.
	What    string
	Numbers [3]uint64
}

func (k Kind) String() string { return fmt.Sprintf("%s %x", k.What, k.Numbers) }

// Moment is the state before the first step of its kind.
type Moment struct {
	Kind Kind
	// State is a file.
	State string
}

// Moments runs a program in Cannon and saves the state before each step of a kind that is not yet in seen.
func (c Case) Moments(folder string, seen map[Kind]bool) ([]Moment, error) {
	machine, err := c.open()
	if err != nil {
		return nil, err
	}
	defer machine.Close()
	var moments []Moment
	var failure error
	stop := c.stop(machine.State.Step)
	err = machine.Run(func() bool {
		if machine.State.Step == stop {
			return false
		}
		kind := kindOf(machine)
		if seen[kind] {
			return true
		}
		seen[kind] = true
		path := filepath.Join(folder, fmt.Sprintf("%d.bin", machine.State.Step))
		failure = machine.Save(path)
		moments = append(moments, Moment{kind, path})
		return failure == nil
	})
	if failure != nil {
		return nil, failure
	}
	return moments, err
}

// kindOf is the kind of the next step.
func kindOf(machine *reference.Machine) Kind {
	state := machine.State
	thread := state.GetCurrentThread()
	threads := uint64(min(state.ThreadCount(), 3))
	if thread.Exited {
		return Kind{"a thread that has exited is dropped, of so many:", [3]uint64{threads}}
	}
	if state.StepsSinceLastContextSwitch >= 100_000 {
		return Kind{"a thread is switched by force, of so many:", [3]uint64{threads}}
	}
	word := machine.Instruction()
	opcode, function := uint64(word>>26), uint64(word&0x3f)
	switch {
	case opcode == 0 && function == 0x0c:
		return callKind(machine, &thread.Registers)
	case opcode == 0 || opcode == 0x1c:
		return Kind{"instruction, by opcode and function,", [3]uint64{opcode, function}}
	case opcode == 1:
		return Kind{"branch, by kind,", [3]uint64{uint64(word >> 16 & 0x1f)}}
	case opcode == 0x38 || opcode == 0x3c:
		return Kind{"store conditional, by opcode and reservation,", [3]uint64{opcode, uint64(state.LLReservationStatus)}}
	default:
		return Kind{"instruction, by opcode,", [3]uint64{opcode}}
	}
}

// callKind is a kind of system call: with the descriptor, and for the oracle the type of pre-image and the alignment.
func callKind(machine *reference.Machine, registers *[32]uint64) Kind {
	number, a0, a1 := registers[2], registers[4], registers[5]
	switch {
	case number == 5000 && a0 == 5:
		return Kind{"read of a pre-image, by type, alignment, and whether it is the first,",
			[3]uint64{uint64(machine.State.PreimageKey[0]), a1 % 8, min(machine.State.PreimageOffset, 1)}}
	case number == 5001 && a0 == 6:
		return Kind{"write of a key, by alignment,", [3]uint64{a1 % 8}}
	case number == 5000 || number == 5001 || number == 5070:
		return Kind{"system call, by number and descriptor,", [3]uint64{number, min(a0, 101)}}
	case number == 5194:
		return Kind{"system call, by number and operation,", [3]uint64{number, a1}}
	default:
		return Kind{"system call", [3]uint64{number}}
	}
}
