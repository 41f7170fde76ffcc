//! Each word of each encoding is decoded as the machine does, and no cell of its row can be changed.

use super::CodeRow;
use crate::{
    air::AnyTable,
    decode::{Decoded, Operation, SINK},
    one_row::evaluate,
    row::Row,
    stark::Val,
    tables::{opcode::meanings, range},
    testing::window,
    trace::leaf_limbs,
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::{prelude::*, test_runner::TestCaseResult};
use tribunal_mips::{Encoding, Instruction, Op};

/// What a row says of a program: the message of the bus `prog`. `None` if the row is refused, or says something of another
/// leaf or place.
fn said(row: &[Val], pc: u32, leaf: &[Val; 16]) -> Option<Vec<u32>> {
    let mut refused = false;
    let mut program = None;
    let failed = evaluate(AnyTable::Code, row, &[], &window(), |message| {
        let fields: Vec<u32> = message.fields.iter().map(PrimeField32::as_canonical_u32).collect();
        match message.bus {
            "range" => refused |= fields[1] > range::MOST_BITS as u32 || fields[0] >= 1 << fields[1],
            "opcode" => refused |= !meanings().iter().any(|meaning| meaning.cells() == message.fields),
            "leaf" => {
                let place = [pc >> 3 & 0x7ff, pc >> 14].map(Val::from_u32);
                refused |= message.fields[..2] != place || message.fields[4..] != leaf[..];
            }
            "prog" => program = Some(fields),
            other => unreachable!("a message on the bus {other}"),
        }
    });
    program.filter(|_| failed.is_none() && !refused)
}

/// The messages of the program that are right for a word: the decoded one, and what it would be without the special cases
/// that only make steps cheaper.
fn right(word: u32, pc: u32) -> Vec<Vec<u32>> {
    let message = |decoded: &Decoded| {
        let Decoded { operation, rd, rs, rt, .. } = *decoded;
        let registers = [operation.number(), rd, rs, rt].map(u32::from);
        let immediate = decoded.message(pc).map(|field| field.as_canonical_u32());
        [pc].into_iter().chain(registers).chain(immediate).collect()
    };
    let Some(decoded) = Decoded::decode(word) else { return Vec::new() };
    let Instruction { op, rs, rt, rd, imm } = Instruction::decode(word);
    let sink = if rd == 0 { SINK } else { rd };
    let plain = Decoded { operation: Operation::Op(op), rd: sink, rs, rt, immediate: imm };
    let copy = |from: u8| Decoded { operation: Operation::Move, rd: sink, rs: from, rt: 0, immediate: 0 };
    match op {
        Op::Or | Op::Daddu => [(true, plain), (rt == 0, copy(rs)), (rs == 0, copy(rt))]
            .iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, decoded)| message(decoded))
            .collect(),
        Op::Sll if word == 0 => vec![message(&decoded), message(&plain)],
        _ => vec![message(&decoded)],
    }
}

fn check_and_mutate(word: u32, pc: u32, others: [u64; 4]) -> TestCaseResult {
    let mut leaf = others;
    let place = pc as usize % 8;
    let shift = 32 * (1 - place % 2);
    leaf[place / 2] = leaf[place / 2] & !(0xffff_ffff << shift) | u64::from(word) << shift;
    let limbs = leaf_limbs(leaf);
    let right = right(word, pc);
    let Some(row) = CodeRow::new(pc, leaf, 3) else {
        prop_assert!(right.is_empty(), "no row for {word:#010x}");
        return Ok(());
    };
    let row = row.cells().to_vec();
    let honest = said(&row, pc, &limbs);
    let is_right = honest.as_ref().is_some_and(|message| right.contains(message));
    prop_assert!(is_right, "{:#010x}: {:?} instead of {:?}", word, honest, right);
    let mut forged = row.clone();
    for cell in 0..row.len() {
        for change in [Val::ONE, Val::NEG_ONE, Val::from_u32(1 << 16), Val::from_u32(0x1234_5678)] {
            forged[cell] = row[cell] + change;
            check(&forged, pc, &limbs, &right, &[cell])?;
        }
        for other in cell + 1..row.len() {
            forged[cell] = row[cell] + Val::ONE;
            for change in [Val::ONE, Val::NEG_ONE] {
                forged[other] = row[other] + change;
                check(&forged, pc, &limbs, &right, &[cell, other])?;
            }
            forged[other] = row[other];
        }
        forged[cell] = row[cell];
    }
    Ok(())
}

fn check(forged: &[Val], pc: u32, leaf: &[Val; 16], right: &[Vec<u32>], cells: &[usize]) -> TestCaseResult {
    if let Some(message) = said(forged, pc, leaf) {
        prop_assert!(
            right.contains(&message),
            "cells {:?} are free: {:?} instead of {:?}",
            cells,
            message,
            right
        );
    }
    Ok(())
}

/// A word with an encoding, and any other bits.
fn encoded() -> impl Strategy<Value = u32> {
    let encodings: Vec<Encoding> = Op::ALL.iter().flat_map(|op| op.encodings()).copied().collect();
    (prop::sample::select(encodings), any::<u32>(), any::<[bool; 3]>()).prop_map(|(encoding, bits, zero)| {
        // Register 0 is a special case of many instructions.
        let mask = [0x1f << 21, 0x1f << 16, 0x1f << 11].into_iter().zip(zero);
        let bits =
            mask.fold(bits, |bits, (field, zero): (u32, bool)| if zero { bits & !field } else { bits });
        match encoding {
            Encoding::Opcode(number, _) => u32::from(number) << 26 | bits & 0x03ff_ffff,
            Encoding::Special(number, _) => u32::from(number) | bits & 0x03ff_ffc0,
            Encoding::RegImm(number) => 1 << 26 | u32::from(number) << 16 | bits & 0x03e0_ffff,
            Encoding::Special2(number) => 0x1c << 26 | u32::from(number) | bits & 0x03ff_ffc0,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        word in prop_oneof![9 => encoded(), 1 => Just(0), 1 => any::<u32>()],
        pc in 0_u32..1 << 30,
        others in any::<[u64; 4]>(),
    ) {
        check_and_mutate(word, pc, others)?;
    }
}
