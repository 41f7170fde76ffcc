// Package trace has the hashes of a run's states at certain steps, which both sides of a comparison report.
package trace

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Line is the hash of the state before a step, or at the end of a run.
type Line struct {
	Step uint64
	Hash [32]byte
}

// String is the line as programs write it: the step in decimal, a space, and the hash.
func (l Line) String() string {
	return fmt.Sprintf("%d 0x%x", l.Step, l.Hash)
}

// Read parses lines to the end. A repeated line counts once, since the end of a run may also match the pattern.
func Read(r io.Reader) ([]Line, error) {
	var lines []Line
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		line, err := parse(scanner.Text())
		if err != nil {
			return nil, err
		}
		if n := len(lines); n == 0 || lines[n-1] != line {
			lines = append(lines, line)
		}
	}
	return lines, scanner.Err()
}

func parse(text string) (Line, error) {
	step, hash, ok := strings.Cut(text, " 0x")
	if !ok {
		return Line{}, fmt.Errorf("not a step and a hash: %q", text)
	}
	var line Line
	var err error
	if line.Step, err = strconv.ParseUint(step, 10, 64); err != nil {
		return Line{}, fmt.Errorf("step of %q: %w", text, err)
	}
	if len(hash) != 64 {
		return Line{}, fmt.Errorf("hash of %q: not 32 bytes", text)
	}
	if _, err = hex.Decode(line.Hash[:], []byte(hash)); err != nil {
		return Line{}, fmt.Errorf("hash of %q: %w", text, err)
	}
	return line, nil
}

// Points are the steps at which states are compared. The end of a run is always compared.
type Points struct {
	// First is the number of steps from the start of a run that are compared one by one, with the state after the last.
	First uint64
	// Every compares the steps that it divides; 0 compares none.
	Every uint64
}

// Sequences are the sets of steps that one run with a step pattern can report: the first steps, and every Nth step.
func (p Points) Sequences() []Points {
	var out []Points
	if p.First > 0 {
		out = append(out, Points{First: p.First})
	}
	if p.Every > 0 {
		out = append(out, Points{Every: p.Every})
	}
	return out
}

// Want says whether the state before a step is compared, in a run that began at start.
func (p Points) Want(start, step uint64) bool {
	return p.First != 0 && step-start <= p.First || p.Every != 0 && step%p.Every == 0
}
