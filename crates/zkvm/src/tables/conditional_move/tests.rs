//! Rows of random instructions are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{check_and_mutate, check_mixes, check_segment, cpu, instruction, machine, word},
    trace::{Recorder, StateTree},
};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

/// A conditional move. Its condition is often zero, or has one limb that is not, and its registers are often the same.
fn case() -> impl Strategy<Value = (u32, Cpu, u64)> {
    let condition = prop_oneof![
        3 => Just(Some(0)),
        3 => (0..64).prop_map(|bit| Some(1_u64 << bit)),
        1 => (0..4).prop_map(|limb| Some(0xffff_u64 << (16 * limb))),
        2 => Just(None),
    ];
    let registers = prop::option::of((0_u32..3, 0_u32..3, 0_u32..3));
    (instruction(&[Op::Movz, Op::Movn]), condition, registers).prop_map(
        |((mut word, mut cpu, memory), condition, registers)| {
            if let Some((rs, rt, rd)) = registers {
                word = word & 0xfc00_07ff | rs << 21 | rt << 16 | rd << 11;
            }
            if let Some(condition) = condition {
                cpu.set((word >> 16 & 31) as u8, condition);
            }
            (word, cpu, memory)
        },
    )
}

/// What an instruction before it left in place of register 0 stays there, if it does not move.
#[test]
fn register_0_keeps_what_is_discarded() {
    let set = |register: u32, value: u32| word(Op::Addiu, 0, register, 0, value);
    let moves = [Op::Movn, Op::Movz].map(|op| [1, 2].map(|condition| word(op, 3, condition, 0, 0)));
    let program = [&[set(0, 5), set(2, 7), set(3, 9)][..], moves.as_flattened()].concat();
    let mut machine = machine(&program);
    let mut tree = StateTree::of(machine.state());
    let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
    for _ in &program {
        machine.step_observed(&mut recorder).unwrap();
    }
    let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
    assert_eq!(recorded.tables.len(AnyTable::ConditionalMove), 4);
    assert_eq!(check_segment(&recorded), Ok(()));
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in case()) {
        check_and_mutate(AnyTable::ConditionalMove, &case)?;
    }

    #[test]
    fn rows_do_not_mix((case, other) in (case(), cpu())) {
        check_mixes(AnyTable::ConditionalMove, &case, &other)?;
    }
}
