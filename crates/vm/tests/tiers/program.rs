//! Programs made of arbitrary bytes, that loop over random instructions, so that every tier gets to run them.

use tribunal_vm::{State, StateVersion, memory::Memory, mips::Instruction};

/// Where the program lies.
const CODE: u64 = 0x1000;
/// The register that holds where the program lies, and those behind it that hold pointers to other places.
pub(crate) const POINTERS: usize = 16;
/// Places that loads and stores go to: data, the ends of pages and segments, places beyond all segments, and the program.
pub(crate) const PLACES: [u64; 9] = [
    CODE,
    0x1_0000,
    0x1_0ff8,
    0xffff_fff0,
    0x1000_0000_0000,
    0x7fff_ffff_eff0,
    0xffff_ffff_ffff_ff00,
    0x1_8001,
    CODE + 0x100,
];

/// What most instructions of a program are.
#[derive(Clone, Copy)]
struct Focus {
    /// The place that most loads and stores go to.
    place: u32,
    /// Offsets are multiples of this.
    step: i32,
    /// Bits of offsets that count.
    mask: i32,
    /// Kinds of instructions, see [`instruction`].
    kinds: [u8; 8],
}

/// Kinds of instructions: any, memory, atomics and stores, branches and stores.
const KINDS: [[u8; 8]; 4] = [
    [0, 3, 5, 7, 8, 11, 12, 15],
    [0, 1, 2, 3, 4, 3, 4, 12],
    [3, 4, 16, 16, 17, 17, 0, 12],
    [3, 4, 12, 13, 14, 14, 5, 15],
];

/// A state about to run the program that `bytes` make.
pub(crate) fn state(bytes: &[u8]) -> State {
    let (seed, code) = bytes.split_at(bytes.len().min(16));
    let byte = |at: usize| seed.get(at).copied().unwrap_or(7);
    let focus = Focus {
        place: u32::from(byte(13)) % PLACES.len() as u32,
        step: [8, 4, 1, 8][usize::from(byte(14) & 3)],
        mask: [7, 15, 255, 3][usize::from(byte(14) >> 2 & 3)],
        kinds: KINDS[usize::from(byte(15) & 3)],
    };
    let mut words: Vec<u32> = code.chunks_exact(5).map(|bytes| instruction(bytes, focus)).collect();
    // A branch in a delay slot ends most programs: few may have one.
    for at in 1..words.len() {
        if byte(12) & 15 != 0 && is_branch(words[at - 1]) && is_branch(words[at]) {
            words[at] = 0;
        }
    }
    let mut state = looping(words, u64::from(byte(0) & 0x38));
    let cpu = state.current_cpu_mut().expect("one thread");
    for (number, register) in cpu.registers.iter_mut().enumerate().take(POINTERS).skip(1) {
        let byte = byte(number % 16);
        *register = u64::from(byte).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(number as u32);
        if byte & 3 == 0 {
            *register = (byte as i8 >> 2) as i64 as u64;
        }
    }
    state
}

/// A state about to run instructions, from the last of which it goes back to the first, for ever. Register 16 and those
/// behind it lead to [`PLACES`], a little further.
pub(crate) fn looping(mut words: Vec<u32>, further: u64) -> State {
    let back = 0x1000_0000 | u32::from(-(words.len() as i32 + 2) as u16);
    words.extend([0, back, 0, 0]);
    let mut memory = Memory::new(24).expect("address space is to be had");
    for (at, pair) in (0..).zip(words.chunks(2)) {
        let word = u64::from(pair[0]) << 32 | u64::from(pair.get(1).copied().unwrap_or(0));
        memory.write_word(CODE + 8 * at, word).expect("within the limit");
    }
    for at in 0..64 {
        memory
            .write_word(0x1_0000 + 8 * at, at.wrapping_mul(0x0123_4567_89ab_cdef))
            .expect("within the limit");
    }
    let mut state = State::new(StateVersion::MultiThreaded64V5, memory, CODE, 0x1000_0000_0000);
    let cpu = state.current_cpu_mut().expect("one thread");
    for (register, place) in cpu.registers[POINTERS..].iter_mut().zip(PLACES) {
        *register = place + further;
    }
    cpu.registers[31] = CODE;
    state
}

fn is_branch(word: u32) -> bool {
    Instruction::decode(word).is_branch_or_jump()
}

/// One instruction out of five bytes: what it is, and its fields.
fn instruction(bytes: &[u8], focus: Focus) -> u32 {
    let [kind, a, b, c, d] = [0, 1, 2, 3, 4].map(|at| u32::from(bytes[at]));
    // Results go to the registers below the pointers, or to the link register, mostly, so that pointers stay what they are.
    let target = match d >> 4 {
        0 if d & 3 == 0 => c & 31,
        1 if focus.kinds == KINDS[3] => 31,
        _ => c & 15,
    };
    let place = if a < 200 { focus.place } else { a % PLACES.len() as u32 };
    let pointer = POINTERS as u32 + place;
    let offset = ((b as i8 as i32 & focus.mask) * focus.step) as u16 as u32;
    let encode = |opcode: u32, rs: u32, rt: u32, low: u32| opcode << 26 | rs << 21 | rt << 16 | low & 0xffff;
    let kind_of = if kind & 1 == 0 { u32::from(focus.kinds[(kind / 2) as usize % 8]) } else { kind / 2 % 18 };
    match kind_of {
        0..=2 => encode(LOADS[(kind / 16) as usize % LOADS.len()], pointer, target, offset),
        3 | 4 => encode(STORES[(kind / 16) as usize % STORES.len()], pointer, b & 31, offset),
        5 | 6 => encode(CONSTANTS[(kind / 16) as usize % CONSTANTS.len()], a & 31, target, b << 8 | d),
        7..=10 => {
            let function = FUNCTIONS[(a ^ (kind * 5)) as usize % FUNCTIONS.len()];
            // Divisors are pointers, mostly.
            let other = if function & 0x3a == 0x1a && d & 15 != 0 { pointer } else { b & 31 };
            (a & 31) << 21 | other << 16 | target << 11 | (d & 31) << 6 | function
        }
        11 => {
            let function = [2, 0x20, 0x21, 0x24, 0x25][(d % 5) as usize];
            0x1c << 26 | (a & 31) << 21 | (b & 31) << 16 | target << 11 | function
        }
        // Branches, mostly a few instructions back or forth.
        12 | 13 => {
            let distance = (b as i8 >> 3) as u16 as u32;
            match d % 8 {
                0 => {
                    1 << 26
                        | (a & 31) << 21
                        | [0, 1, 0x10, 0x11, 0x0f][(c % 5) as usize] << 16
                        | distance & 0xffff
                }
                kind => encode(4 + kind % 4, a & 31, c & 31, distance),
            }
        }
        // Jumps: to a place in the program, or to a register that holds one, mostly.
        14 => {
            let jump = (CODE as u32 >> 2) + b % 64;
            match d % 4 {
                0 => 2 << 26 | jump,
                1 => 3 << 26 | jump,
                2 => 31 << 21 | 8,
                _ => 16 << 21 | (c & 31) << 11 | 9,
            }
        }
        16 => encode([0x30, 0x34][(d & 1) as usize], pointer, target, offset),
        17 => encode([0x38, 0x3c][(d & 1) as usize], pointer, target, offset),
        // A pointer moves; a constant's upper half; anything at all.
        _ => match d % 16 {
            0..=3 => encode(0x19, pointer, pointer, offset),
            4..=7 => encode(0x0f, 0, target, b << 8 | a),
            8..=14 => encode(0x19, pointer, target, offset),
            _ => a << 24 | b << 16 | c << 8 | d,
        },
    }
}

const LOADS: [u32; 15] =
    [0x37, 0x23, 0x20, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x1a, 0x1b, 0x30, 0x34, 0x37, 0x23];
const STORES: [u32; 12] = [0x3f, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x38, 0x3c, 0x3f, 0x2b];
const CONSTANTS: [u32; 9] = [0x09, 0x19, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x19];
const FUNCTIONS: [u32; 42] = [
    0x00, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0a, 0x0b, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18,
    0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2d, 0x2f,
    0x38, 0x3a, 0x3b, 0x3c, 0x3e, 0x3f, 0x25, 0x2d,
];
