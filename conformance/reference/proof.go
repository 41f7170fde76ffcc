package reference

import (
	"github.com/ethereum-optimism/optimism/cannon/cmd"
	"github.com/ethereum-optimism/optimism/op-service/ioutil"
	"github.com/ethereum-optimism/optimism/op-service/jsonutil"
)

// Prove makes one step and writes its proof to a file, as Cannon's program does.
// A step that is invalid in Cannon ends in a [Panic].
func (m *Machine) Prove(path string) (err error) {
	step := m.State.Step
	defer func() {
		if value := recover(); value != nil {
			err = &Panic{Step: step, Value: value}
		}
	}()
	witness, err := m.step(true)
	if err != nil {
		return err
	}
	_, post := m.State.EncodeWitness()
	proof := &cmd.Proof{Step: step, Pre: witness.StateHash, Post: post, StateData: witness.State, ProofData: witness.ProofData}
	if witness.HasPreimage() {
		proof.OracleKey = witness.PreimageKey[:]
		proof.OracleValue = witness.PreimageValue
		proof.OracleOffset = witness.PreimageOffset
	}
	return jsonutil.WriteJSON(proof, ioutil.ToStdOutOrFileOrNoop(path, cmd.OutFilePerm))
}
