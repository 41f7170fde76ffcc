//! What each opcode means: which operation it is, which registers it names, and what its immediate is.
//!
//! The rows come from the encodings of `tribunal-mips`, which are those of the MIPS64 manual. A word whose opcode is not here
//! has no row in the table `code`, so its execution cannot be proven.

use super::{Fixed, Table, range::Uses};
use crate::{
    bus::Buses,
    decode::{Operation, SINK},
    row::{Row, rows},
    stark::Val,
};
use alloc::vec::Vec;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::{Destination, Encoding, HI, Immediate, LO, Op};

/// The table of opcodes.
pub(crate) struct Opcode;

/// An opcode, and what it means.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Meaning<T> {
    /// Bits 31 to 26 of the word.
    pub(crate) opcode: T,
    /// What selects the operation among those with the same opcode; 0 if there is one only.
    pub(crate) selector: T,
    /// 1 if the selector is in bits 5 to 0.
    pub(crate) by_function: T,
    /// 1 if the selector is in bits 20 to 16.
    pub(crate) by_rt: T,
    /// The number of the operation.
    pub(crate) op: T,
    pub(crate) reads_rs: T,
    pub(crate) reads_rt: T,
    /// HI or LO if that is the source, and otherwise 0.
    pub(crate) source: T,
    /// 1 if the field `rd` names the destination.
    pub(crate) to_rd: T,
    /// 1 if the field `rt` names the destination.
    pub(crate) to_rt: T,
    /// The destination if no field names it: HI, LO, 31 or the sink. Otherwise 0.
    pub(crate) destination: T,
    /// 1 for what the immediate is; all are 0 if there is none.
    pub(crate) immediate: Kinds<T>,
    /// 1 if the operation copies `rs` if `rt` is register 0, and the other way round.
    pub(crate) copies: T,
    /// 1 if the operation is only provable if the field `rd` is 0.
    pub(crate) no_rd: T,
}

/// What an immediate is.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Kinds<T> {
    /// Bits 15 to 0, sign-extended.
    pub(crate) signed: T,
    /// Bits 15 to 0, zero-extended.
    pub(crate) unsigned: T,
    /// Bits 10 to 6.
    pub(crate) shift: T,
    /// Bits 10 to 6, and 32.
    pub(crate) shift32: T,
    /// Bits 15 to 0, in the upper half of a 32-bit word.
    pub(crate) upper: T,
    /// The target of a branch.
    pub(crate) branch: T,
    /// The target of a jump to a region.
    pub(crate) jump: T,
}

rows!(Meaning, Kinds);

impl Table for Opcode {
    const NAME: &'static str = "opcode";
    type Row<T: Copy> = Uses<T>;
    type Fixed<T: Copy> = Meaning<T>;

    fn eval<B: Buses>(row: &Uses<B::Var>, fixed: &Meaning<B::Var>, builder: &mut B) {
        let message = fixed.cells().iter().map(|cell| (*cell).into());
        builder.provide_many("opcode", message, row.uses.into());
    }

    fn fixed() -> Option<Fixed> {
        let mut meanings = meanings();
        // The last row is repeated, until the height is a power of two.
        let fill = meanings.len().next_power_of_two() - meanings.len();
        let last = meanings.last().copied();
        meanings.extend(last.into_iter().flat_map(|last| core::iter::repeat_n(last, fill)));
        let cells = meanings.iter().flat_map(|meaning| meaning.cells().iter().copied()).collect();
        Some(Fixed::new(cells, <Meaning<Val> as Row<Val>>::WIDTH))
    }
}

/// The meanings of all opcodes.
pub(crate) fn meanings() -> Vec<Meaning<Val>> {
    let provable = Op::ALL.iter().filter(|op| !matches!(op, Op::Invalid | Op::BranchNever));
    provable.flat_map(|&op| op.encodings().iter().map(move |&encoding| Meaning::new(op, encoding))).collect()
}

impl Meaning<Val> {
    fn new(op: Op, encoding: Encoding) -> Self {
        let (opcode, selector, immediate) = match encoding {
            Encoding::Opcode(number, immediate) => (number, 0, immediate),
            Encoding::Special(number, immediate) => (0, number, immediate),
            Encoding::RegImm(number) => (1, number, Immediate::Branch),
            Encoding::Special2(number) => (0x1c, number, Immediate::None),
        };
        let operands = op.operands();
        let flag = Val::from_bool;
        let is = |kind: Immediate| flag(immediate == kind);
        let operation = match op {
            Op::Mfhi | Op::Mflo | Op::Mthi | Op::Mtlo | Op::Sync => Operation::Move,
            _ => Operation::Op(op),
        };
        let no_rd = !operands.writes.is_empty() && operands.destination == Destination::Rd;
        let destination = match op {
            Op::Mthi => HI,
            Op::Mtlo => LO,
            _ if operands.destination == Destination::Link => 31,
            // `rd` of these is register 0.
            _ if no_rd => SINK,
            _ => 0,
        };
        Self {
            opcode: Val::from_u8(opcode),
            selector: Val::from_u8(selector),
            by_function: flag(matches!(encoding, Encoding::Special(..) | Encoding::Special2(_))),
            by_rt: flag(matches!(encoding, Encoding::RegImm(_))),
            op: Val::from_u8(operation.number()),
            reads_rs: flag(operands.rs),
            reads_rt: flag(operands.rt),
            source: Val::from_u8(match op {
                Op::Mfhi => HI,
                Op::Mflo => LO,
                _ => 0,
            }),
            to_rd: flag(operands.destination == Destination::Rd && !no_rd),
            to_rt: flag(operands.destination == Destination::Rt),
            destination: Val::from_u8(destination),
            immediate: Kinds {
                signed: is(Immediate::Signed),
                unsigned: is(Immediate::Unsigned),
                shift: is(Immediate::Shift),
                shift32: is(Immediate::Shift32),
                upper: is(Immediate::Upper),
                branch: is(Immediate::Branch),
                jump: is(Immediate::Jump),
            },
            copies: flag(matches!(op, Op::Or | Op::Daddu)),
            no_rd: flag(no_rd),
        }
    }
}
