//! Where a segment ends, the state is that of the VM, whatever happened to the reservation.

use crate::{
    testing::{Reserved, check_segment, machine_with, word},
    trace::{Recorded, Recorder, StateTree},
};
use proptest::prelude::*;
use tribunal_mips::Op;
use tribunal_vm::Machine;

/// Records that many steps.
pub(crate) fn record(machine: &mut Machine, tree: &mut StateTree, steps: u32) -> Recorded {
    let mut recorder = Recorder::new(machine.state(), tree).unwrap();
    for _ in 0..steps {
        machine.step_observed(&mut recorder).unwrap();
    }
    assert_eq!(recorder.failed(), None);
    recorder.finish(machine.state(), tree).unwrap()
}

/// The addresses that the programs access: some in one word, in one leaf, and at 0.
fn place() -> impl Strategy<Value = (u32, u32)> {
    let near = prop_oneof![Just(0_u32), Just(4), Just(7), Just(8), 0_u32..17];
    (prop::sample::select(vec![0_u32, 8]), near)
}

/// Instructions that make, use and clear reservations.
fn access() -> impl Strategy<Value = u32> {
    let ops = vec![
        Op::Ll,
        Op::Lld,
        Op::Ll,
        Op::Lld,
        Op::Sc,
        Op::Scd,
        Op::Sc,
        Op::Scd,
        Op::Sb,
        Op::Sw,
        Op::Sd,
        Op::Sdl,
    ];
    (prop::sample::select(ops), place(), prop::sample::select(vec![0_u32, 9, 10]))
        .prop_map(|(op, (rs, offset), rt)| word(op, rs, rt, 0, offset))
}

fn reserved() -> impl Strategy<Value = Reserved> {
    let address = prop_oneof![Just(0_u64), Just(0x2000), Just(0x2004), Just(0x2008), Just(1 << 63 | 3)];
    (0_u64..3, address, 0_u64..2).prop_map(|(status, address, owner)| Reserved { status, address, owner })
}

proptest! {
    #[test]
    fn reservations_are_those_of_the_vm(
        accesses in prop::collection::vec(access(), 1..24),
        reserved in prop_oneof![Just(Reserved::default()), reserved()],
        cuts in prop::collection::vec(1_u32..6, 8),
    ) {
        let mut program = vec![word(Op::Ori, 0, 8, 0, 0x2000), word(Op::Daddiu, 0, 10, 0, 0x8765)];
        program.extend(&accesses);
        let mut machine = machine_with(&program, reserved, 7);
        let mut tree = StateTree::of(machine.state());
        let mut left = program.len() as u32;
        for cut in cuts.into_iter().chain([u32::MAX]) {
            let steps = cut.min(left);
            left -= steps;
            let recorded = record(&mut machine, &mut tree, steps);
            prop_assert_eq!(check_segment(&recorded), Ok(()));
            prop_assert_eq!(tree.root(), StateTree::of(machine.state()).root());
        }
    }
}
