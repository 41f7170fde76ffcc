//! A program that executes each instruction with operands at the edges, and checks what it does.
//!
//! What is right is computed here by other means than the VM does. The program exits with 0 if all is right, and otherwise with 1.

use super::{START, check_segment, machine};
use crate::trace::{Recorder, StateTree};
use std::{
    collections::HashSet,
    fs::{self, File},
    path::Path,
};
use tribunal_mips::{Encoding, Immediate, Instruction, Op};
use tribunal_vm::{State, write_state};

/// Where the words of memory are that it accesses.
const DATA: u64 = 0x10_0000;

/// What exits with 1, after the jump over it.
const FAIL: u64 = START + 8;

/// Registers: the operands, the result, the address, what is expected, and what a call returns to.
const A: u32 = 1;
const B: u32 = 2;
const RESULT: u32 = 3;
const AT: u32 = 8;
const EXPECTED: u32 = 27;
const LINK: u32 = 31;

/// Words at the edges of signs and halves.
const EDGES: [u64; 14] = [
    0,
    1,
    2,
    u64::MAX,
    u64::MAX - 1,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff_8000_0000,
    0xffff_ffff,
    1 << 32,
    i64::MAX as u64,
    1 << 63,
    0x0123_4567_89ab_cdef,
    0xfedc_ba98_7654_3210,
];

/// Immediates at the edges of their signs.
const IMMEDIATES: [u16; 7] = [0, 1, 0xffff, 0x7fff, 0x8000, 0x1234, 0xfff8];

/// The program as it grows.
#[derive(Default)]
struct Assembly {
    words: Vec<u32>,
    /// The places of the instructions whose results are checked.
    checked: Vec<usize>,
    encodings: HashSet<String>,
}

/// A program, and the places of the instructions whose results it checks.
pub(crate) struct EveryInstruction {
    pub(crate) words: Vec<u32>,
    pub(crate) checked: Vec<usize>,
}

const fn extend(word: u32) -> u64 {
    word as i32 as i64 as u64
}

impl Assembly {
    /// An instruction. `low` is its immediate, or its constant of a shift. Operations with several encodings take turns.
    fn emit(&mut self, op: Op, [rs, rt, rd]: [u32; 3], low: u32) {
        let encodings = op.encodings();
        let encoding = match op {
            Op::Dsll | Op::Dsrl | Op::Dsra => encodings[low as usize / 32],
            _ => encodings[self.words.len() % encodings.len()],
        };
        self.encodings.insert(format!("{encoding:?}"));
        self.words.push(match encoding {
            Encoding::Opcode(number, Immediate::Jump) => u32::from(number) << 26 | low & 0x3ff_ffff,
            Encoding::Opcode(number, _) => u32::from(number) << 26 | rs << 21 | rt << 16 | low & 0xffff,
            Encoding::Special(number, _) => {
                rs << 21 | rt << 16 | rd << 11 | (low % 32) << 6 | u32::from(number)
            }
            Encoding::RegImm(number) => 1 << 26 | rs << 21 | u32::from(number) << 16 | low & 0xffff,
            Encoding::Special2(number) => 0x1c << 26 | rs << 21 | rt << 16 | rd << 11 | u32::from(number),
        });
    }

    /// An instruction whose result is checked.
    fn test(&mut self, op: Op, registers: [u32; 3], low: u32) {
        self.checked.push(self.words.len());
        self.emit(op, registers, low);
    }

    fn nop(&mut self) {
        self.words.push(0);
    }

    /// Sets a register.
    fn load(&mut self, register: u32, value: u64) {
        if value as i16 as u64 == value {
            return self.emit(Op::Daddiu, [0, register, 0], value as u32);
        }
        if extend(value as u32) == value {
            self.emit(Op::Lui, [0, register, 0], value as u32 >> 16);
            return self.emit(Op::Ori, [register, register, 0], value as u32);
        }
        self.load(register, extend((value >> 32) as u32));
        for shift in [16, 0] {
            self.emit(Op::Dsll, [0, register, register], 16);
            self.emit(Op::Ori, [register, register, 0], (value >> shift) as u32);
        }
    }

    /// Fails unless a register holds a value.
    fn expect(&mut self, register: u32, value: u64) {
        self.load(EXPECTED, value);
        self.emit(Op::Beq, [register, EXPECTED, 0], 3);
        self.nop();
        self.emit(Op::J, [0; 3], (FAIL >> 2) as u32);
        self.nop();
    }

    /// The address of the next instruction.
    fn here(&self) -> u64 {
        START + 4 * self.words.len() as u64
    }
}

/// What an operation with two registers gives.
fn of_two(op: Op, a: u64, b: u64, before: u64) -> u64 {
    let (low_a, low_b) = (a as u32, b as u32);
    let word = low_a % 32;
    let double = (a % 64) as u32;
    match op {
        Op::Addu => extend(low_a.wrapping_add(low_b)),
        Op::Subu => extend(low_a.wrapping_sub(low_b)),
        Op::Daddu => a.wrapping_add(b),
        Op::Dsubu => a.wrapping_sub(b),
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Nor => !a & !b,
        Op::Slt => ((a as i64) < b as i64).into(),
        Op::Sltu => (a < b).into(),
        Op::Movz => [before, a][usize::from(b == 0)],
        Op::Movn => [a, before][usize::from(b == 0)],
        Op::Mul => extend((i64::from(low_a as i32) * i64::from(low_b as i32)) as u32),
        Op::Sllv => extend(low_b << word),
        Op::Srlv => extend(low_b >> word),
        Op::Srav => extend((low_b as i32 >> word) as u32),
        Op::Dsllv => b << double,
        Op::Dsrlv => b >> double,
        Op::Dsrav => (b as i64 >> double) as u64,
        Op::Clz => low_a.leading_zeros().into(),
        Op::Clo => low_a.leading_ones().into(),
        Op::Dclz => a.leading_zeros().into(),
        Op::Dclo => a.leading_ones().into(),
        _ => unreachable!("{op:?}"),
    }
}

/// HI and LO after an operation that sets both. `None` for a division by zero.
fn high_low(op: Op, a: u64, b: u64) -> Option<[u64; 2]> {
    let (low_a, low_b) = (a as u32, b as u32);
    let (signed_a, signed_b) = (i128::from(a as i64), i128::from(b as i64));
    let halves = |product: u128| [(product >> 64) as u64, product as u64];
    let words = |product: u64| [extend((product >> 32) as u32), extend(product as u32)];
    Some(match op {
        Op::Mult => words((i64::from(low_a as i32) * i64::from(low_b as i32)) as u64),
        Op::Multu => words(u64::from(low_a) * u64::from(low_b)),
        Op::Dmult => halves((signed_a * signed_b) as u128),
        Op::Dmultu => halves(u128::from(a) * u128::from(b)),
        // In 128 bits no quotient overflows.
        Op::Div if low_b != 0 => {
            let (a, b) = (i128::from(low_a as i32), i128::from(low_b as i32));
            [extend((a % b) as u32), extend((a / b) as u32)]
        }
        Op::Divu if low_b != 0 => [extend(low_a % low_b), extend(low_a / low_b)],
        Op::Ddiv if b != 0 => [(signed_a % signed_b) as u64, (signed_a / signed_b) as u64],
        Op::Ddivu if b != 0 => [a % b, a / b],
        _ => return None,
    })
}

/// What an operation with an immediate gives.
fn of_immediate(op: Op, a: u64, immediate: u16) -> u64 {
    let (signed, unsigned) = (immediate as i16 as u64, u64::from(immediate));
    match op {
        Op::Addiu => extend((a as u32).wrapping_add(signed as u32)),
        Op::Daddiu => a.wrapping_add(signed),
        Op::Slti => ((a as i64) < signed as i64).into(),
        Op::Sltiu => (a < signed).into(),
        Op::Andi => a & unsigned,
        Op::Ori => a | unsigned,
        Op::Xori => a ^ unsigned,
        Op::Lui => extend(u32::from(immediate) << 16),
        _ => unreachable!("{op:?}"),
    }
}

/// What a shift by a constant gives.
fn shifted(op: Op, value: u64, by: u32) -> u64 {
    let variable = match op {
        Op::Sll => Op::Sllv,
        Op::Srl => Op::Srlv,
        Op::Sra => Op::Srav,
        Op::Dsll => Op::Dsllv,
        Op::Dsrl => Op::Dsrlv,
        _ => Op::Dsrav,
    };
    of_two(variable, by.into(), value, 0)
}

const OF_TWO: [Op; 23] = [
    Op::Addu,
    Op::Subu,
    Op::Daddu,
    Op::Dsubu,
    Op::And,
    Op::Or,
    Op::Xor,
    Op::Nor,
    Op::Slt,
    Op::Sltu,
    Op::Movz,
    Op::Movn,
    Op::Mul,
    Op::Sllv,
    Op::Srlv,
    Op::Srav,
    Op::Dsllv,
    Op::Dsrlv,
    Op::Dsrav,
    Op::Clz,
    Op::Clo,
    Op::Dclz,
    Op::Dclo,
];

const HIGH_LOW: [Op; 8] =
    [Op::Mult, Op::Multu, Op::Dmult, Op::Dmultu, Op::Div, Op::Divu, Op::Ddiv, Op::Ddivu];

/// Operations with registers: each edge with itself, with the next ones, and with a shift that is an edge.
fn registers(assembly: &mut Assembly) {
    let shifts = [31, 32, 63];
    for (place, a) in EDGES.into_iter().chain(shifts).enumerate() {
        assembly.load(A, a);
        for b in [0, 1, 3, 5].map(|further| EDGES[(place + further) % EDGES.len()]) {
            assembly.load(B, b);
            for op in OF_TWO {
                let conditional = matches!(op, Op::Movz | Op::Movn);
                if conditional {
                    assembly.load(RESULT, 77);
                }
                assembly.test(op, [A, B, RESULT], 0);
                assembly.expect(RESULT, of_two(op, a, b, 77));
            }
            for op in HIGH_LOW {
                let Some(values) = high_low(op, a, b) else { continue };
                assembly.test(op, [A, B, 0], 0);
                for (from, value) in [Op::Mfhi, Op::Mflo].into_iter().zip(values) {
                    assembly.test(from, [0, 0, RESULT], 0);
                    assembly.expect(RESULT, value);
                }
            }
        }
        for immediate in IMMEDIATES {
            for op in [Op::Addiu, Op::Daddiu, Op::Slti, Op::Sltiu, Op::Andi, Op::Ori, Op::Xori, Op::Lui] {
                assembly.test(op, [if op == Op::Lui { 0 } else { A }, RESULT, 0], immediate.into());
                assembly.expect(RESULT, of_immediate(op, a, immediate));
            }
        }
        for by in [0, 1, 15, 16, 17, 31, 32, 33, 48, 63] {
            for op in [Op::Sll, Op::Srl, Op::Sra, Op::Dsll, Op::Dsrl, Op::Dsra] {
                if by < 32 || matches!(op, Op::Dsll | Op::Dsrl | Op::Dsra) {
                    assembly.test(op, [0, A, RESULT], by);
                    assembly.expect(RESULT, shifted(op, a, by));
                }
            }
        }
        for (to, from) in [(Op::Mthi, Op::Mfhi), (Op::Mtlo, Op::Mflo)] {
            assembly.test(to, [A, 0, 0], 0);
            assembly.test(from, [0, 0, RESULT], 0);
            assembly.expect(RESULT, a);
        }
    }
}

/// The same register as both operands and destination, and register 0 as destination.
fn same_and_zero(assembly: &mut Assembly) {
    for op in OF_TWO {
        for value in [u64::MAX, 1, 1 << 63] {
            assembly.load(A, value);
            assembly.test(op, [A, A, A], 0);
            assembly.expect(A, of_two(op, value, value, value));
        }
        assembly.load(A, u64::MAX);
        assembly.load(B, 1);
        assembly.emit(op, [A, B, 0], 0);
        assembly.expect(0, 0);
    }
    for op in [Op::Addiu, Op::Daddiu, Op::Slti, Op::Andi, Op::Ori, Op::Lui] {
        assembly.emit(op, [if op == Op::Lui { 0 } else { A }, 0, 0], 0x7fff);
        assembly.expect(0, 0);
    }
    assembly.load(AT, DATA);
    for op in [Op::Lb, Op::Lhu, Op::Lw, Op::Ld, Op::Lwl, Op::Ldr, Op::Ll] {
        assembly.emit(op, [AT, 0, 0], 0);
        assembly.expect(0, 0);
    }
    // As compilers write it, and as a copy.
    assembly.emit(Op::Sync, [0; 3], 0);
    assembly.load(A, 1 << 40);
    assembly.test(Op::Sync, [A, 0, RESULT], 0);
    assembly.expect(RESULT, 1 << 40);
}

/// Bits that are replaced where the mask is 1.
const fn replaced(old: u64, new: u64, mask: u64) -> u64 {
    old & !mask | new & mask
}

/// What a load gives at a place in a word of memory. A narrow access begins at the multiple of its width before the address.
fn loaded(op: Op, memory: u64, place: u32, before: u64) -> u64 {
    let part = |bytes: u32| {
        let place = place / bytes * bytes;
        memory << (8 * place) >> (64 - 8 * bytes)
    };
    let word = part(4) as u32;
    let (left, right) = (8 * (place % 4), 8 * (3 - place % 4));
    match op {
        Op::Lb => part(1) as i8 as u64,
        Op::Lbu => part(1),
        Op::Lh => part(2) as i16 as u64,
        Op::Lhu => part(2),
        Op::Lw => extend(word),
        Op::Lwu => word.into(),
        Op::Ld => memory,
        Op::Lwl => extend(replaced(before, u64::from(word << left), u64::from(u32::MAX << left)) as u32),
        Op::Lwr if right == 0 => extend(word),
        Op::Lwr => replaced(before, u64::from(word >> right), u64::from(u32::MAX >> right)),
        Op::Ldl => replaced(before, memory << (8 * place), u64::MAX << (8 * place)),
        Op::Ldr => replaced(before, memory >> (56 - 8 * place), u64::MAX >> (56 - 8 * place)),
        _ => unreachable!("{op:?}"),
    }
}

/// What a store makes of a word of memory.
fn stored(op: Op, memory: u64, place: u32, value: u64) -> u64 {
    let part = |bytes: u32, value: u64, mask: u64| {
        let up = 64 - 8 * bytes - 8 * (place / bytes * bytes);
        replaced(memory, value << up, mask << up)
    };
    let low = u64::from(value as u32);
    let (left, right) = (8 * (place % 4), 8 * (3 - place % 4));
    match op {
        Op::Sb => part(1, value, 0xff),
        Op::Sh => part(2, value, 0xffff),
        Op::Sw => part(4, value, 0xffff_ffff),
        Op::Sd => value,
        Op::Swl => part(4, low >> left, 0xffff_ffff >> left),
        Op::Swr => part(4, low << right & 0xffff_ffff, u64::from(u32::MAX << right)),
        Op::Sdl => replaced(memory, value >> (8 * place), u64::MAX >> (8 * place)),
        Op::Sdr => replaced(memory, value << (56 - 8 * place), u64::MAX << (56 - 8 * place)),
        _ => unreachable!("{op:?}"),
    }
}

/// Loads and stores at each place in a word.
fn accesses(assembly: &mut Assembly) {
    const LOADS: [Op; 11] =
        [Op::Lb, Op::Lbu, Op::Lh, Op::Lhu, Op::Lw, Op::Lwu, Op::Ld, Op::Lwl, Op::Lwr, Op::Ldl, Op::Ldr];
    const STORES: [Op; 8] = [Op::Sb, Op::Sh, Op::Sw, Op::Sd, Op::Swl, Op::Swr, Op::Sdl, Op::Sdr];
    for memory in [0x8182_7f84_0586_8788, 0x0102_ff04_8506_7f08] {
        // Immediates of both signs, and the widest.
        for (base, first) in [(DATA + 4, -4_i64), (DATA - 0x7ff8, 0x7ff8), (DATA + 0x8000, -0x8000)] {
            assembly.load(A, memory);
            assembly.load(AT, DATA);
            assembly.emit(Op::Sd, [AT, A, 0], 0);
            assembly.load(AT, base);
            for place in 0..8_u32 {
                let offset = (first + i64::from(place)) as u32;
                for op in LOADS {
                    let before = 0x7a7b_7c7d_fafb_fcfd;
                    assembly.load(RESULT, before);
                    assembly.test(op, [AT, RESULT, 0], offset);
                    assembly.expect(RESULT, loaded(op, memory, place, before));
                }
            }
            for place in 0..8_u32 {
                let offset = (first + i64::from(place)) as u32;
                for op in STORES {
                    let value = 0xe1e2_e3e4_6566_6768;
                    assembly.emit(Op::Sd, [AT, A, 0], first as u32);
                    assembly.load(B, value);
                    assembly.test(op, [AT, B, 0], offset);
                    assembly.emit(Op::Ld, [AT, RESULT, 0], first as u32);
                    assembly.expect(RESULT, stored(op, memory, place, value));
                }
            }
        }
    }
}

/// Branches, taken and not taken, and jumps.
fn branches(assembly: &mut Assembly) {
    let taken = |op: Op, a: u64, b: u64| {
        let a_signed = a as i64;
        match op {
            Op::Beq => a == b,
            Op::Bne => a != b,
            Op::Blez => a_signed <= 0,
            Op::Bgtz => a_signed > 0,
            Op::Bltz | Op::Bltzal => a_signed < 0,
            _ => a_signed >= 0,
        }
    };
    for a in EDGES {
        for (op, b) in [
            (Op::Beq, a),
            (Op::Beq, a ^ 1 << 32),
            (Op::Bne, a),
            (Op::Bne, a ^ 1 << 63),
            (Op::Blez, 0),
            (Op::Bgtz, 0),
            (Op::Bltz, 0),
            (Op::Bgez, 0),
            (Op::Bltzal, 0),
            (Op::Bgezal, 0),
        ] {
            let rt = if matches!(op, Op::Beq | Op::Bne) { B } else { 0 };
            let links = matches!(op, Op::Bltzal | Op::Bgezal);
            assembly.load(A, a);
            assembly.load(B, b);
            assembly.load(LINK, 1);
            assembly.load(RESULT, 0);
            let after = assembly.here() + 8;
            assembly.test(op, [A, rt, 0], 2);
            // In the delay slot, and skipped by a branch that is taken.
            assembly.emit(Op::Daddiu, [RESULT, RESULT, 0], 1);
            assembly.emit(Op::Daddiu, [RESULT, RESULT, 0], 2);
            assembly.expect(RESULT, if taken(op, a, b) { 1 } else { 3 });
            assembly.expect(LINK, if links { after } else { 1 });
        }
    }
    // Backwards, three times.
    assembly.load(RESULT, 3);
    assembly.emit(Op::Daddiu, [RESULT, RESULT, 0], 0xffff);
    assembly.test(Op::Bne, [RESULT, 0, 0], 0xfffe);
    assembly.nop();
    assembly.expect(RESULT, 0);
    for (op, link) in
        [(Op::J, None), (Op::Jal, Some(LINK)), (Op::Jr, None), (Op::Jalr, Some(LINK)), (Op::Jalr, Some(5))]
    {
        assembly.load(RESULT, 0);
        // The target is after the instructions that follow, the first of which loads it in two words.
        let target = assembly.here() + 4 * (2 + 3);
        assembly.emit(Op::Lui, [0, A, 0], target as u32 >> 16);
        assembly.emit(Op::Ori, [A, A, 0], target as u32);
        let after = assembly.here() + 8;
        assembly.test(
            op,
            [A, 0, link.unwrap_or(0)],
            (target >> 2) as u32 * u32::from(matches!(op, Op::J | Op::Jal)),
        );
        assembly.emit(Op::Daddiu, [RESULT, RESULT, 0], 1);
        assembly.emit(Op::Daddiu, [RESULT, RESULT, 0], 2);
        assembly.expect(RESULT, 1);
        if let Some(link) = link {
            assembly.expect(link, after);
        }
    }
}

/// Reservations: kept, lost, and of another width or address.
fn reservations(assembly: &mut Assembly) {
    let memory = 0x8182_8384_0506_0708;
    let pairs = [(Op::Ll, Op::Sc, 4), (Op::Lld, Op::Scd, 8)];
    // What happens between the two: nothing, a store to the word, to another word, another width, another address.
    for (load, store, bytes) in pairs {
        for between in 0..5 {
            assembly.load(AT, DATA);
            assembly.load(A, memory);
            assembly.emit(Op::Sd, [AT, A, 0], 0);
            assembly.emit(Op::Sd, [AT, A, 0], 8);
            assembly.load(B, 0x1f2f_3f4f_5f6f_7f8f);
            assembly.test(load, [AT, RESULT, 0], 0);
            assembly.expect(RESULT, if bytes == 4 { extend((memory >> 32) as u32) } else { memory });
            let (mut store, mut at) = (store, 0);
            match between {
                1 => assembly.emit(Op::Sd, [AT, A, 0], 0),
                2 => assembly.emit(Op::Sd, [AT, A, 0], 8),
                3 => store = if bytes == 4 { Op::Scd } else { Op::Sc },
                4 => at = 8,
                _ => {}
            }
            let stores = matches!(between, 0 | 2);
            assembly.emit(Op::Daddu, [B, 0, RESULT], 0);
            assembly.test(store, [AT, RESULT, 0], at);
            assembly.expect(RESULT, stores.into());
            assembly.emit(Op::Ld, [AT, RESULT, 0], 0);
            let then = match (stores, bytes) {
                (false, _) => memory,
                (true, 4) => 0x5f6f_7f8f_0506_0708,
                _ => 0x1f2f_3f4f_5f6f_7f8f,
            };
            assembly.expect(RESULT, then);
            if stores {
                // The reservation is used up.
                assembly.test(store, [AT, RESULT, 0], 0);
                assembly.expect(RESULT, 0);
            }
        }
    }
}

/// The program.
pub(crate) fn every_instruction() -> EveryInstruction {
    let mut assembly = Assembly::default();
    assembly.emit(Op::J, [0; 3], (START >> 2) as u32 + 5);
    assembly.nop();
    assembly.load(2, 5205);
    assembly.load(4, 1);
    assembly.emit(Op::Syscall, [0; 3], 0);
    registers(&mut assembly);
    same_and_zero(&mut assembly);
    accesses(&mut assembly);
    branches(&mut assembly);
    reservations(&mut assembly);
    assembly.load(2, 5205);
    assembly.load(4, 0);
    assembly.emit(Op::Syscall, [0; 3], 0);
    let unused: Vec<_> = Op::ALL
        .iter()
        .filter(|op| !matches!(op, Op::Invalid | Op::BranchNever))
        .flat_map(|op| op.encodings())
        .filter(|encoding| !assembly.encodings.contains(&format!("{encoding:?}")))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
    EveryInstruction { words: assembly.words, checked: assembly.checked }
}

/// The state that it begins in.
pub(crate) fn every_instruction_state() -> State {
    machine(&every_instruction().words).into_state()
}

/// The program is right, each of its segments is, and the state at each border is that of the VM.
#[test]
fn every_instruction_is_right_at_its_edges() {
    let mut machine = machine(&every_instruction().words);
    if std::env::var_os("CONFORMANCE_ALL").is_some() {
        // Where scripts/proofs finds it.
        let folder = Path::new("../../target/conformance/guests");
        fs::create_dir_all(folder).unwrap();
        let mut file = File::create(folder.join("instructions.bin")).unwrap();
        write_state(machine.state(), &mut file).unwrap();
    }
    let mut tree = StateTree::of(machine.state());
    while !machine.state().exited() {
        let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
        for _ in 0..7_001 {
            machine.step_observed(&mut recorder).unwrap();
        }
        let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
        assert_eq!(check_segment(&recorded), Ok(()));
        assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    }
    println!("{} steps", machine.state().step());
    assert_eq!(machine.state().exit_code(), 0);
}

/// The program notices if an instruction does nothing, for each operation.
#[test]
fn every_instruction_is_checked() {
    let EveryInstruction { words, checked } = every_instruction();
    let exit_code = |words: &[u32]| {
        let mut machine = machine(words);
        machine.run(u64::MAX, false).unwrap();
        machine.state().exit_code()
    };
    assert_eq!(exit_code(&words), 0);
    let mut noticed = HashSet::new();
    let mut missed = HashSet::new();
    for place in checked {
        let op = Instruction::decode(words[place]).op;
        if noticed.contains(&op) {
            continue;
        }
        let mut words = words.clone();
        words[place] = 0;
        let _new = if exit_code(&words) == 1 { noticed.insert(op) } else { missed.insert(op) };
    }
    let missed: Vec<_> = missed.difference(&noticed).collect();
    assert!(missed.is_empty() && noticed.len() > 70, "{missed:?}, {}", noticed.len());
}
