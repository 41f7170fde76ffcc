package differ

import (
	"fmt"
	"path/filepath"

	"tribunal/conformance/reference"
)

// Moment is the state before the first step of its kind.
type Moment struct {
	// Kind of the step: an instruction, a system call, what the scheduler does.
	Kind string
	// State is a file.
	State string
}

// Moments runs a program in Cannon and saves the state before each step of a kind that is not in seen yet.
func (c Case) Moments(folder string, seen map[string]bool) ([]Moment, error) {
	machine, err := c.open()
	if err != nil {
		return nil, err
	}
	defer machine.Close()
	var moments []Moment
	var failure error
	err = machine.Run(func() bool {
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

// kindOf says what the next step is.
func kindOf(machine *reference.Machine) string {
	state := machine.State
	thread := state.GetCurrentThread()
	if thread.Exited {
		return fmt.Sprintf("exited thread, %d left", min(state.ThreadCount(), 3))
	}
	if state.StepsSinceLastContextSwitch >= 100_000 {
		return fmt.Sprintf("forced switch of %d threads", min(state.ThreadCount(), 3))
	}
	word := uint32(state.Memory.GetWord(thread.Cpu.PC&^7) >> (32 - thread.Cpu.PC%8*8))
	opcode, function := word>>26, word&0x3f
	registers := &thread.Registers
	switch {
	case opcode == 0 && function == 0x0c:
		return call(machine, registers[2], registers[4], registers[5])
	case opcode == 0 || opcode == 0x1c:
		return fmt.Sprintf("instruction %02x.%02x", opcode, function)
	case opcode == 1:
		return fmt.Sprintf("instruction 01.%02x", word>>16&0x1f)
	case opcode == 0x38 || opcode == 0x3c:
		return fmt.Sprintf("instruction %02x, reservation %t", opcode, state.LLReservationStatus != 0)
	default:
		return fmt.Sprintf("instruction %02x", opcode)
	}
}

// call is a kind of system call: with the descriptor, and for the oracle the type of pre-image and the alignment.
func call(machine *reference.Machine, number, a0, a1 uint64) string {
	switch {
	case number == 5000 && a0 == 5:
		return fmt.Sprintf("read of a pre-image of type %d, to alignment %d, at offset %d", machine.State.PreimageKey[0], a1%8,
			min(machine.State.PreimageOffset, 9))
	case number == 5001 && a0 == 6:
		return fmt.Sprintf("write of a key, from alignment %d", a1%8)
	case number == 5000 || number == 5001 || number == 5070:
		return fmt.Sprintf("system call %d of descriptor %d", number, min(a0, 101))
	case number == 5194:
		return fmt.Sprintf("system call %d with operation %d", number, a1)
	default:
		return fmt.Sprintf("system call %d", number)
	}
}
