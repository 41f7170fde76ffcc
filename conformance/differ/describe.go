package differ

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/ethereum-optimism/optimism/cannon/mipsevm/memory"
	"github.com/ethereum-optimism/optimism/cannon/mipsevm/multithreaded"

	"tribunal/conformance/reference"
)

// describe lists the differences of two state files, one a line; empty if they are equal.
func describe(theirs, ours string) (string, error) {
	want, err := reference.Load(theirs)
	if err != nil {
		return "", err
	}
	got, err := reference.Load(ours)
	if err != nil {
		return fmt.Sprintf("Tribunal's state cannot be loaded: %v", err), nil
	}
	return States(want, got), nil
}

// States lists the differences of two states, one a line; empty if they are equal.
func States(want, got *multithreaded.State) string {
	d := new(description)
	d.fields("", reflect.ValueOf(*want), reflect.ValueOf(*got))
	d.threads("left", want.LeftThreadStack, got.LeftThreadStack)
	d.threads("right", want.RightThreadStack, got.RightThreadStack)
	d.memory(want.Memory, got.Memory)
	return strings.Join(d.lines, "\n")
}

type description struct{ lines []string }

func (d *description) add(what string, want, got any) {
	d.lines = append(d.lines, fmt.Sprintf("  %-24s Cannon %v, Tribunal %v", what, hexadecimal(want), hexadecimal(got)))
}

func hexadecimal(value any) any {
	if number, ok := value.(uint64); ok {
		return fmt.Sprintf("%#x", number)
	}
	return value
}

// fields compares numbers, truth values and bytes.
func (d *description) fields(prefix string, want, got reflect.Value) {
	for i := range want.NumField() {
		name := prefix + want.Type().Field(i).Name
		w, g := want.Field(i), got.Field(i)
		switch w.Kind() {
		case reflect.Struct:
			d.fields(name+".", w, g)
		case reflect.Pointer, reflect.Slice:
			if name == "LastHint" && string(w.Bytes()) != string(g.Bytes()) {
				d.add(name, fmt.Sprintf("%x", w.Bytes()), fmt.Sprintf("%x", g.Bytes()))
			}
		case reflect.Array:
			for j := range w.Len() {
				if w.Index(j).Interface() != g.Index(j).Interface() {
					d.add(fmt.Sprintf("%s[%d]", name, j), w.Index(j).Interface(), g.Index(j).Interface())
				}
			}
		default:
			if w.Interface() != g.Interface() {
				d.add(name, w.Interface(), g.Interface())
			}
		}
	}
}

func (d *description) threads(side string, want, got []*multithreaded.ThreadState) {
	if len(want) != len(got) {
		d.add("threads "+side, len(want), len(got))
		return
	}
	for i := range want {
		d.fields(fmt.Sprintf("%s[%d].", side, i), reflect.ValueOf(*want[i]), reflect.ValueOf(*got[i]))
	}
}

// memory compares pages and shows the first word that differs in each.
func (d *description) memory(want, got *memory.Memory) {
	wanted, found := pages(want), pages(got)
	for index, page := range wanted {
		other, ok := found[index]
		if !ok {
			d.lines = append(d.lines, fmt.Sprintf("  page %#x: only in Cannon", index<<12))
			continue
		}
		for offset := 0; offset < len(page); offset += 8 {
			if w, g := string(page[offset:offset+8]), string(other[offset:offset+8]); w != g {
				d.add(fmt.Sprintf("memory %#x", index<<12+uint64(offset)), fmt.Sprintf("%x", w), fmt.Sprintf("%x", g))
				break
			}
		}
	}
	for index := range found {
		if _, ok := wanted[index]; !ok {
			d.lines = append(d.lines, fmt.Sprintf("  page %#x: only in Tribunal", index<<12))
		}
	}
}

func pages(m *memory.Memory) map[uint64]memory.Page {
	out := map[uint64]memory.Page{}
	_ = m.ForEachPage(func(index uint64, page memory.Page) error {
		out[index] = page
		return nil
	})
	return out
}

// instruction shows the instruction that the reference executes next.
func (c Case) instruction(step uint64) (string, error) {
	machine, err := c.runTo(step)
	if err != nil {
		return "", err
	}
	defer machine.Close()
	thread := machine.State.GetCurrentThread()
	return fmt.Sprintf("  step %d: thread %d, pc %#x, instruction %08x, v0 %#x a0 %#x a1 %#x a2 %#x", step, thread.ThreadId,
		thread.Cpu.PC, machine.Instruction(), thread.Registers[2], thread.Registers[4], thread.Registers[5], thread.Registers[6]), nil
}
