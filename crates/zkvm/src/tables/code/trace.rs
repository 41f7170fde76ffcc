//! How a row is made.

use super::{CodeRow, columns::Fields};
use crate::{
    decode::{Decoded, Operation, SINK},
    stark::Val,
    tables::opcode::meanings,
    trace::leaf_limbs,
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};
use std::sync::OnceLock;

impl CodeRow<Val> {
    /// The row of the instruction at `pc`, in words from the start of the window, in a leaf with these words. `None` if its
    /// execution cannot be proven.
    pub(crate) fn new(pc: u32, leaf: [u64; 4], uses: u32) -> Option<Self> {
        let place = pc as usize % 8;
        let word = (leaf[place / 2] >> (32 * (1 - place % 2))) as u32;
        let decoded = Decoded::decode(word)?;
        let field = |from: u32, bits: u32| word >> from & ((1 << bits) - 1);
        let row = meaning_of(field(26, 6), field(0, 6), field(16, 5))?;
        let meaning = table()[row];
        let [rs, rt, rd] = [field(21, 5), field(16, 5), field(11, 5)];
        let copies = decoded.operation == Operation::Move && meaning.copies == Val::ONE;
        let to = match (meaning.to_rd == Val::ONE, meaning.to_rt == Val::ONE) {
            (true, _) => rd,
            (_, true) => rt,
            _ => 0,
        };
        let named = meaning.to_rd + meaning.to_rt == Val::ONE;
        let delay_slot = pc + 1;
        let is_jump = meaning.immediate.jump == Val::ONE;
        let slot_parts = [delay_slot >> 26, delay_slot >> 13 & 0x1fff, delay_slot & 0x1fff];
        Some(Self {
            real: Val::ONE,
            uses: Val::from_u32(uses),
            first: Val::from_u32(pc >> 3 & 0x7ff),
            second: Val::from_u32(pc >> 14),
            place: array::from_fn(|number| Val::from_bool(number == place)),
            leaf: leaf_limbs(leaf),
            fields: Fields {
                opcode: Val::from_u32(field(26, 6)),
                rs: Val::from_u32(rs),
                rt: Val::from_u32(rt),
                sign: Val::from_u32(field(15, 1)),
                rd_low: Val::from_u32(field(11, 4)),
                shift: Val::from_u32(field(6, 5)),
                function: Val::from_u32(field(0, 6)),
            },
            meaning,
            nop: Val::from_bool(decoded.operation == Operation::Nop),
            copies_rs: Val::from_bool(copies && rt == 0),
            copies_rt: Val::from_bool(copies && rt != 0),
            to: Val::from_u32(to),
            to_zero: Val::from_bool(named && to == 0),
            to_inverse: Val::from_u32(to).try_inverse().unwrap_or_default(),
            delay_slot: if is_jump { slot_parts.map(Val::from_u32) } else { [Val::ZERO; 3] },
            op: Val::from_u8(decoded.operation.number()),
            rd: Val::from_u8(decoded.rd),
            rs: Val::from_u8(decoded.rs),
            rt: Val::from_u8(decoded.rt),
            immediate: decoded.message(pc),
        })
    }
}

fn table() -> &'static [crate::tables::Meaning<Val>] {
    static TABLE: OnceLock<Vec<crate::tables::Meaning<Val>>> = OnceLock::new();
    TABLE.get_or_init(meanings)
}

/// The row of the table `opcode` for these fields of a word.
fn meaning_of(opcode: u32, function: u32, rt: u32) -> Option<usize> {
    let selects = |meaning: &crate::tables::Meaning<Val>| {
        let selector = meaning.by_function * Val::from_u32(function) + meaning.by_rt * Val::from_u32(rt);
        meaning.opcode == Val::from_u32(opcode) && meaning.selector == selector
    };
    table().iter().position(selects)
}

const _: () = assert!(SINK > 33);
