// Package differ compares runs of Cannon and of Tribunal and finds the first step that differs.
package differ

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
	"tribunal/conformance/trace"
)

// Case is a program to run in both.
type Case struct {
	// State is the file that both start from.
	State string
	// Server is the command of the pre-image server, if there is one.
	Server []string
	// Known are the same pre-images for Cannon, which then needs no server.
	Known  reference.Known
	Points trace.Points
	// Steps is the number of steps to run; 0 runs the program to its end.
	Steps uint64
	// Large says that the run is long and that its code does not change.
	Large bool
	// Judge checks each of Tribunal's proof files too; it may be nil.
	Judge func(path string) error
}

// Reference is Cannon's run of a case.
type Reference struct {
	// Start is the first step.
	Start uint64
	Lines []trace.Line
	// Stop is the step at which the run was stopped; 0 if it ran to its end.
	Stop uint64
	// Panic ended the run, unless the program exited.
	Panic *reference.Panic
}

// Last is the step at which the run ended.
func (r Reference) Last() uint64 {
	if r.Panic != nil {
		return r.Panic.Step
	}
	return r.Lines[len(r.Lines)-1].Step
}

func (c Case) open() (*reference.Machine, error) {
	var oracle reference.Oracle = c.Known
	if c.Known == nil {
		var err error
		if oracle, err = reference.Serve(c.Server); err != nil {
			return nil, err
		}
	}
	if c.Large {
		return reference.Open(c.State, oracle)
	}
	return reference.OpenSmall(c.State, oracle)
}

// stop is the step at which a run that begins at start is stopped, if it is.
func (c Case) stop(start uint64) uint64 {
	if c.Steps == 0 {
		return ^uint64(0)
	}
	return start + c.Steps
}

// Reference runs a case in Cannon.
func (c Case) Reference() (Reference, error) {
	machine, err := c.open()
	if err != nil {
		return Reference{}, err
	}
	start := machine.State.Step
	lines, err := machine.Trace(c.Points, c.stop(machine.State.Step))
	var panicked *reference.Panic
	if errors.As(err, &panicked) {
		err = nil
	}
	closing := machine.Close()
	if panicked != nil {
		closing = nil // A server may complain when its client dies.
	}
	stop := ^uint64(0)
	if panicked == nil && !machine.State.Exited {
		stop = machine.State.Step
	}
	return Reference{Start: start, Stop: stop, Lines: lines, Panic: panicked}, errors.Join(err, closing)
}

// Difference is the first difference of two runs.
type Difference struct {
	Tier subject.Tier
	// Same is the last step before which equal states were compared.
	Same uint64
	// Step is the first step before which they differ.
	Step uint64
	// Detail lists the differences.
	Detail string
}

func (d *Difference) Error() string {
	return fmt.Sprintf("%s: equal before step %d, not before step %d:\n%s", d.Tier, d.Same, d.Step, d.Detail)
}

// Compare runs a case in a tier of Tribunal and compares it with Cannon's run. A difference is a [Difference].
func (c Case) Compare(ctx context.Context, program subject.Program, tier subject.Tier, want Reference) error {
	for _, points := range c.Points.Sequences() {
		run := subject.Run{Input: c.State, Tier: tier, Server: c.Server}
		stop := want.Stop
		if points.Every > 0 {
			run.WitnessAt = fmt.Sprintf("%%%d", points.Every)
		} else {
			run.WitnessAt = "always"
			stop = min(stop, want.Start+points.First)
		}
		if stop != ^uint64(0) {
			run.StopAt = fmt.Sprintf("=%d", stop)
		}
		got, err := program.Run(ctx, run)
		if err := c.judge(ctx, program, tier, points, want, got, err); err != nil {
			return err
		}
	}
	return nil
}

// judge compares the lines and the end of one run.
func (c Case) judge(ctx context.Context, program subject.Program, tier subject.Tier, points trace.Points, want Reference, got []trace.Line, ended error) error {
	expected, atEnd := expectedLines(points, want)
	for i, line := range expected {
		if i < len(got) && got[i] == line {
			continue
		}
		difference := &Difference{Tier: tier, Step: line.Step, Same: want.Start}
		if i > 0 {
			difference.Same = expected[i-1].Step
		}
		if i >= len(got) {
			difference.Detail = fmt.Sprintf("the run ended early: %v", ended)
			return difference
		}
		c.narrow(ctx, program, difference)
		return difference
	}
	if len(got) > len(expected) {
		return fmt.Errorf("%s: goes on after the end, step %d: %s", tier, want.Last(), got[len(expected)])
	}
	return judgeEnd(tier, want, atEnd, ended)
}

// expectedLines are the reference's lines at some of its points, and whether the run reaches the reference's end.
func expectedLines(points trace.Points, want Reference) (lines []trace.Line, atEnd bool) {
	start := want.Start
	for i, line := range want.Lines {
		end := i == len(want.Lines)-1 && want.Panic == nil && points.Every > 0
		if points.Want(start, line.Step) || end {
			lines = append(lines, line)
		}
	}
	return lines, points.Every > 0 || want.Last() < start+points.First
}

func judgeEnd(tier subject.Tier, want Reference, atEnd bool, ended error) error {
	var exit *subject.Exit
	switch {
	case want.Panic == nil || !atEnd:
		return ended
	case errors.As(ended, &exit) && exit.Code == 2:
		return nil
	default:
		return fmt.Errorf("%s: exit code 2 was expected after %w, but: %v", tier, want.Panic, ended)
	}
}

// narrow finds the first step that differs between two lines, by running both programs to steps between them.
func (c Case) narrow(ctx context.Context, program subject.Program, difference *Difference) {
	folder, err := os.MkdirTemp("", "narrow")
	if err != nil {
		difference.Detail = err.Error()
		return
	}
	defer os.RemoveAll(folder)

	first, last := difference.Same, difference.Step
	differs := func(step uint64) (string, error) {
		ours, theirs := filepath.Join(folder, "ours.bin"), filepath.Join(folder, "theirs.bin")
		if err := c.saveReference(step, theirs); err != nil {
			return "", err
		}
		run := subject.Run{Input: c.State, Output: ours, Tier: difference.Tier, Server: c.Server, StopAt: fmt.Sprintf("=%d", step)}
		if _, err := program.Run(ctx, run); err != nil {
			return err.Error(), nil
		}
		return describe(theirs, ours)
	}
	details := map[uint64]string{}
	offset := sort.Search(int(last-first), func(i int) bool {
		step := first + uint64(i) + 1
		if err != nil {
			return true
		}
		details[step], err = differs(step)
		return details[step] != ""
	})
	if err != nil {
		difference.Detail = err.Error()
		return
	}
	step := first + uint64(offset) + 1
	if step > last {
		difference.Detail = "the states that are saved are equal: only the hash that is reported differs"
		return
	}
	difference.Same, difference.Step, difference.Detail = step-1, step, details[step]
	if before, err := c.instruction(step - 1); err == nil {
		difference.Detail = before + "\n" + difference.Detail
	}
}

func (c Case) saveReference(step uint64, path string) error {
	machine, err := c.runTo(step)
	if err != nil {
		return err
	}
	defer machine.Close()
	return machine.Save(path)
}

func (c Case) runTo(step uint64) (*reference.Machine, error) {
	machine, err := c.open()
	if err != nil {
		return nil, err
	}
	err = machine.Run(func() bool { return machine.State.Step != step && !machine.Endless() })
	return machine, err
}
