//! The decoder. Its tables are made from [`Op::encodings`].

use super::{Destination, Encoding, Immediate};
use crate::{Instruction, Op};

const SPECIAL: u32 = 0x00;
const REGIMM: u32 = 0x01;
const SPECIAL2: u32 = 0x1c;

/// The operation that a number stands for.
#[derive(Clone, Copy)]
struct Row {
    op: Op,
    immediate: Immediate,
}

const EMPTY: Row = Row { op: Op::Invalid, immediate: Immediate::None };

/// For each group of encodings, the operation of each number.
struct Tables {
    opcode: [Row; 64],
    special: [Row; 64],
    regimm: [Row; 32],
    special2: [Row; 64],
}

static TABLES: Tables = Tables::new();

impl Tables {
    const fn new() -> Self {
        let mut tables =
            Self { opcode: [EMPTY; 64], special: [EMPTY; 64], regimm: [EMPTY; 32], special2: [EMPTY; 64] };
        let mut at = 0;
        while at < Op::ALL.len() {
            let op = Op::ALL[at];
            let encodings = op.encodings();
            let mut number = 0;
            while number < encodings.len() {
                tables.set(op, encodings[number]);
                number += 1;
            }
            at += 1;
        }
        tables
    }

    /// Enters an operation into the table of its encoding. Two operations with the same encoding do not compile.
    const fn set(&mut self, op: Op, encoding: Encoding) {
        let row = match encoding {
            Encoding::Opcode(number, _) => &mut self.opcode[number as usize],
            Encoding::Special(number, _) => &mut self.special[number as usize],
            Encoding::RegImm(number) => &mut self.regimm[number as usize],
            Encoding::Special2(number) => &mut self.special2[number as usize],
        };
        assert!(matches!(row.op, Op::Invalid), "two operations have the same encoding");
        *row = Row { op, immediate: encoding.immediate() };
    }

    const fn row(&self, word: u32) -> Row {
        let function = (word & 0x3f) as usize;
        match word >> 26 {
            SPECIAL => self.special[function],
            REGIMM => self.regimm[(word >> 16 & 31) as usize],
            SPECIAL2 => self.special2[function],
            opcode => self.opcode[opcode as usize],
        }
    }
}

impl Instruction {
    /// Decodes a word. A word that is no instruction of the VM decodes to [`Op::Invalid`].
    #[must_use]
    pub const fn decode(word: u32) -> Self {
        let Row { op, immediate } = TABLES.row(word);
        if matches!(op, Op::Invalid) {
            return Self { op, rs: 0, rt: 0, rd: 0, imm: word as i32 };
        }
        let operands = op.operands();
        let rt = field(word, 16);
        Self {
            op,
            rs: if operands.rs { field(word, 21) } else { 0 },
            rt: if operands.rt { rt } else { 0 },
            rd: match operands.destination {
                Destination::None => 0,
                Destination::Rd => field(word, 11),
                Destination::Rt => rt,
                Destination::Link => 31,
            },
            imm: immediate.of(word),
        }
    }
}

/// The register in the 5 bits of a word from bit `lowest` up.
const fn field(word: u32, lowest: u32) -> u8 {
    (word >> lowest) as u8 & 31
}
