//! Segments of real programs, proven and verified.

use crate::{
    machine::Setup,
    prove::prove,
    stark::Parameters,
    testing::{Reserved, machine, machine_with, word},
    trace::{Recorder, StateTree},
};
use tribunal_mips::Op;

#[test]
fn a_loop_is_proven() {
    let program = [
        word(Op::Daddiu, 0, 8, 0, 5),
        word(Op::Addiu, 0, 9, 0, 0xfff0),
        // The loop.
        word(Op::Daddu, 9, 8, 9, 0),
        word(Op::Xori, 9, 10, 0, 0x1234),
        word(Op::Nor, 9, 10, 11, 0),
        word(Op::Sltu, 10, 9, 12, 0),
        word(Op::Daddiu, 8, 8, 0, 0xffff),
        word(Op::Bne, 8, 0, 0, (-6_i32) as u32),
        word(Op::Subu, 11, 9, 11, 0),
        word(Op::Jal, 0, 0, 0, 0x1_0000 >> 2),
        word(Op::Sll, 0, 0, 0, 0),
    ];
    let mut machine = machine(&program);
    let mut tree = StateTree::of(machine.state());
    let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
    for _ in 0..300 {
        machine.step_observed(&mut recorder).unwrap();
    }
    assert_eq!(recorder.failed(), None);
    let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
    assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    let setup = Setup::new(&Parameters::FAST);
    let (statement, proof) = prove(recorded, &setup).unwrap();
    setup.verify(&statement, &proof).unwrap();
    let mut false_statement = statement;
    false_statement.after.pc += 1;
    setup.verify(&false_statement, &proof).unwrap_err();
}

/// A lock is taken, lost and taken again while the thread is preempted, and a reservation is lost where the segment ends.
#[test]
fn a_preemption_and_reservations_are_proven() {
    let program = [
        word(Op::Ori, 0, 8, 0, 0x2004),
        word(Op::Daddiu, 0, 9, 0, 7),
        // The loop.
        word(Op::Ll, 8, 10, 0, 0),
        word(Op::Sc, 8, 9, 0, 0),
        word(Op::Lld, 8, 10, 0, 4),
        word(Op::Sb, 8, 9, 0, 5),
        word(Op::Daddiu, 0, 11, 0, 1),
        word(Op::Scd, 8, 11, 0, 4),
        word(Op::Beq, 0, 0, 0, (-7_i32) as u32),
        word(Op::Ll, 8, 0, 0, 0),
    ];
    let mut machine = machine_with(&program, Reserved::default(), 99_950);
    let mut tree = StateTree::of(machine.state());
    for steps in [54, 10] {
        let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
        for _ in 0..steps {
            machine.step_observed(&mut recorder).unwrap();
        }
        assert_eq!(recorder.failed(), None);
        let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
        assert_eq!(tree.root(), StateTree::of(machine.state()).root());
        assert_eq!(recorded.statement.steps, steps);
        let (statement, proof) = prove(recorded, &Parameters::FAST).unwrap();
        proof.verify(&statement, &Parameters::FAST).unwrap();
    }
    assert_eq!(machine.state().steps_since_switch(), 13);
    assert!(machine.state().traverse_right());
}
