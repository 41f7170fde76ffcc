package contract_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum-optimism/optimism/cannon/cmd"

	"tribunal/conformance/contract"
	"tribunal/conformance/harness"
	"tribunal/conformance/oracle"
	"tribunal/conformance/randprog"
	"tribunal/conformance/reference"
)

// The contract accepts Cannon's proof of a step, and no proof that was changed.
func TestTheContractJudges(t *testing.T) {
	deployed, err := contract.Deploy(t.Context())
	if errors.Is(err, contract.ErrNoCompiler) {
		t.Log(err)
		harness.Skip(t, contract.ErrNoCompiler.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	state, path := filepath.Join(folder, "state.bin"), filepath.Join(folder, "proof.json")
	if err := reference.Save(randprog.State(1, randprog.Kind{Threads: 1, Size: 80}), state); err != nil {
		t.Fatal(err)
	}
	machine, err := reference.OpenSmall(state, reference.Known(oracle.Preimages()))
	if err != nil {
		t.Fatal(err)
	}
	defer machine.Close()
	if err := machine.Prove(path); err != nil {
		t.Fatal(err)
	}
	if err := deployed.Check(path); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*cmd.Proof){
		"another end":         func(proof *cmd.Proof) { proof.Post[31] ^= 1 },
		"another beginning":   func(proof *cmd.Proof) { proof.StateData[0] ^= 1 },
		"another thread":      func(proof *cmd.Proof) { proof.ProofData[100] ^= 1 },
		"another instruction": func(proof *cmd.Proof) { proof.ProofData[330] ^= 1 },
		"a cut proof":         func(proof *cmd.Proof) { proof.ProofData = proof.ProofData[:330] },
	} {
		spoilt := read(t, path)
		spoil(&spoilt)
		other := filepath.Join(folder, "spoilt.json")
		write(t, other, spoilt)
		if deployed.Check(other) == nil {
			t.Errorf("the contract takes a proof with %s", name)
		}
	}
}

func read(t *testing.T, path string) (proof cmd.Proof) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &proof)
	}
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func write(t *testing.T, path string, proof cmd.Proof) {
	t.Helper()
	text, err := json.Marshal(proof)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
