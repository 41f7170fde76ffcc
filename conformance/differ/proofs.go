package differ

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// proofFormat names the proof of a step.
const proofFormat = "proof-%d.json"

// Proofs compares the proofs of the steps that every divides, byte for byte.
// Each program makes them in one run, since a proof repeats words of earlier steps. It returns their number.
func (c Case) Proofs(ctx context.Context, program subject.Program, tier subject.Tier, every uint64) (int, error) {
	theirs, err := os.MkdirTemp("", "theirs")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(theirs)
	ours, err := os.MkdirTemp("", "ours")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(ours)

	steps, stop, panicked, err := c.prove(theirs, every)
	if err != nil {
		return 0, err
	}
	run := subject.Run{
		Input: c.State, Tier: tier, Server: c.Server, StopAt: fmt.Sprintf("=%d", stop),
		ProofAt: fmt.Sprintf("%%%d", every), ProofFmt: filepath.Join(ours, proofFormat),
	}
	_, ended := program.Run(ctx, run)
	for _, step := range steps {
		name := fmt.Sprintf(proofFormat, step)
		if err := sameProof(filepath.Join(theirs, name), filepath.Join(ours, name)); err != nil {
			return 0, fmt.Errorf("%s: proof of step %d: %w (%v)", tier, step, err, ended)
		}
		if c.Judge == nil {
			continue
		}
		if err := c.Judge(filepath.Join(ours, name)); err != nil {
			return 0, err
		}
	}
	if found, err := filepath.Glob(filepath.Join(ours, "*")); err != nil || len(found) != len(steps) {
		return 0, fmt.Errorf("%s: %d proofs, Cannon made %d", tier, len(found), len(steps))
	}
	want := Reference{Panic: panicked}
	return len(steps), judgeEnd(tier, want, true, ended)
}

// prove makes Cannon's proofs and returns their steps, where the run ended, and the panic that ended it, if one did.
func (c Case) prove(folder string, every uint64) (steps []uint64, stop uint64, panicked *reference.Panic, err error) {
	machine, err := c.open()
	if err != nil {
		return nil, 0, nil, err
	}
	defer machine.Close()
	stop = c.stop(machine.State.Step)
	for !machine.State.Exited && machine.State.Step != stop && !machine.Endless() {
		step := machine.State.Step
		if step%every == 0 {
			if err = machine.Prove(filepath.Join(folder, fmt.Sprintf(proofFormat, step))); err == nil {
				steps = append(steps, step)
			}
		}
		if err == nil {
			err = machine.Run(func() bool {
				here := machine.State.Step
				return here != stop && !machine.Endless() && (here == step || here%every != 0)
			})
		}
		if errors.As(err, &panicked) {
			return steps, stop, panicked, nil
		}
		if err != nil {
			return nil, 0, nil, err
		}
	}
	return steps, machine.State.Step, nil, nil
}

// sameProof compares two proof files, and names the field that differs.
func sameProof(theirs, ours string) error {
	want, err := os.ReadFile(theirs)
	if err != nil {
		return err
	}
	got, err := os.ReadFile(ours)
	if err != nil {
		return err
	}
	if bytes.Equal(want, got) {
		return nil
	}
	var wanted, found map[string]any
	if err := errors.Join(json.Unmarshal(want, &wanted), json.Unmarshal(got, &found)); err != nil {
		return err
	}
	for field, value := range wanted {
		if found[field] != value {
			return fmt.Errorf("%s differs, %s", field, firstDifference(fmt.Sprint(value), fmt.Sprint(found[field])))
		}
	}
	return errors.New("the same values, written differently")
}

// firstDifference shows the place where two texts first differ.
func firstDifference(want, got string) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	part := func(text string) string { return text[min(i, len(text)):min(i+40, len(text))] }
	return fmt.Sprintf("from character %d on: Cannon %q, Tribunal %q", i, part(want), part(got))
}
