//! Keccak-256 in software.

use super::assembler::{Assembler, DATA, If, Register, ZERO, immediate::*, register::*};
use alloy_primitives::keccak256;
use tribunal_vm::State;

/// Lanes of a block.
const RATE: usize = 17;
const ROUNDS: usize = 24;

/// The words of the data: the state, the state between the steps of a round, the round constants, a block of the message,
/// its last block, and the expected hash.
const STATE: usize = 0;
const BETWEEN: usize = STATE + 25;
const CONSTANTS: usize = BETWEEN + 25;
const BLOCK: usize = CONSTANTS + ROUNDS;
const LAST: usize = BLOCK + RATE;
const HASH: usize = LAST + RATE;

/// Hashes a message that fills all of `blocks` blocks but the last one, which is padding, and checks the hash.
pub(in super::super) fn keccak(blocks: u32) -> anyhow::Result<State> {
    let message: Vec<u8> = (1..blocks).flat_map(|_| message_block()).flat_map(u64::to_le_bytes).collect();
    let hash = keccak256(message);
    let lane = |lane: usize| {
        hash[8 * lane..8 * lane + 8].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    expecting(blocks, [0, 1, 2, 3].map(lane))
}

/// The lanes of a block of the message.
fn message_block() -> [u64; RATE] {
    std::array::from_fn(|lane| 0x0123_4567_89AB_CDEF_u64.rotate_left(lane as u32))
}

/// The same with this as the right hash.
pub(super) fn expecting(blocks: u32, hash: [u64; 4]) -> anyhow::Result<State> {
    let [state_at, constant, constants_end, message, last_at, left]: [Register; 6] = [4, 5, 6, 7, 8, 9];
    let [a, b]: [Register; 2] = [10, 11];
    let address = |word: usize| DATA + 8 * word as u32;
    let mut code = Assembler::default();
    code.load(state_at, address(STATE));
    code.load(constants_end, address(BLOCK));
    code.load(last_at, address(LAST));
    code.load(message, address(if blocks == 1 { LAST } else { BLOCK }));
    code.load(left, blocks);
    let block = code.here();
    for lane in 0..RATE {
        code.immediate(LD, a, state_at, offset(STATE + lane));
        code.immediate(LD, b, message, offset(lane));
        code.register(XOR, a, a, b);
        code.immediate(SD, a, state_at, offset(STATE + lane));
    }
    code.load(constant, address(CONSTANTS));
    let again = code.here();
    round(&mut code, state_at, constant);
    code.immediate(DADDIU, constant, constant, 8);
    code.back(If::NotEqual, constant, constants_end, again);
    code.nop();
    code.immediate(DADDIU, left, left, -1);
    code.immediate(DADDIU, a, left, -1);
    code.register(MOVZ, message, last_at, a);
    code.back(If::NotEqual, left, ZERO, block);
    code.nop();
    let wrong = [0, 1, 2, 3].map(|lane| {
        code.immediate(LD, a, state_at, offset(STATE + lane));
        code.immediate(LD, b, state_at, offset(HASH + lane));
        let branch = code.forward(If::NotEqual, a, b);
        code.nop();
        branch
    });
    code.exit(0);
    wrong.into_iter().for_each(|branch| code.land(branch));
    code.exit(1);

    let mut data = vec![0; BETWEEN + 25];
    data.extend(round_constants());
    data.extend(message_block());
    let mut last = [0; RATE];
    (last[0], last[RATE - 1]) = (1, 1 << 63);
    data.extend(last);
    data.extend(hash);
    code.state(&data)
}

/// The offset of a word from the state, or from a block.
const fn offset(word: usize) -> i16 {
    8 * word as i16
}

/// The parity of each column, what is added to the column, and the lanes of a row.
const PARITY: [Register; 5] = [16, 17, 18, 19, 20];
const ADDED: [Register; 5] = [21, 22, 23, 24, 25];
const ROW: [Register; 5] = PARITY;

/// A round of the permutation. `state` is the register with the address of the data, and `constant` that with the address
/// of the round's constant.
fn round(code: &mut Assembler, state: Register, constant: Register) {
    let [t, u, v]: [Register; 3] = [10, 11, 12];
    for (x, parity) in PARITY.into_iter().enumerate() {
        code.immediate(LD, parity, state, offset(STATE + x));
        for y in 1..5 {
            code.immediate(LD, t, state, offset(STATE + x + 5 * y));
            code.register(XOR, parity, parity, t);
        }
    }
    for (x, added) in ADDED.into_iter().enumerate() {
        rotate(code, t, PARITY[(x + 1) % 5], 1, u);
        code.register(XOR, added, t, PARITY[(x + 4) % 5]);
    }
    for (x, y, by) in rotations() {
        code.immediate(LD, t, state, offset(STATE + x + 5 * y));
        code.register(XOR, t, t, ADDED[x]);
        rotate(code, v, t, by, u);
        code.immediate(SD, v, state, offset(BETWEEN + y + 5 * ((2 * x + 3 * y) % 5)));
    }
    for y in 0..5 {
        for (x, lane) in ROW.into_iter().enumerate() {
            code.immediate(LD, lane, state, offset(BETWEEN + x + 5 * y));
        }
        for (x, lane) in ROW.into_iter().enumerate() {
            code.register(NOR, t, ROW[(x + 1) % 5], ZERO);
            code.register(AND, t, t, ROW[(x + 2) % 5]);
            code.register(XOR, t, t, lane);
            if (x, y) == (0, 0) {
                code.immediate(LD, u, constant, 0);
                code.register(XOR, t, t, u);
            }
            code.immediate(SD, t, state, offset(STATE + x + 5 * y));
        }
    }
}

/// `to` = `from` rotated left. `other` is overwritten.
fn rotate(code: &mut Assembler, to: Register, from: Register, by: u32, other: Register) {
    if by == 0 {
        code.register(OR, to, from, ZERO);
        return;
    }
    code.shift_right(other, from, 64 - by);
    code.shift_left(to, from, by);
    code.register(OR, to, to, other);
}

/// The columns, rows and rotations of all lanes: FIPS 202, section 3.2.2.
fn rotations() -> [(usize, usize, u32); 25] {
    let (mut x, mut y) = (1, 0);
    std::array::from_fn(|number| {
        if number == 0 {
            return (0, 0, 0);
        }
        let t = number as u32 - 1;
        let lane = (x, y, (t + 1) * (t + 2) / 2 % 64);
        (x, y) = (y, (2 * x + 3 * y) % 5);
        lane
    })
}

/// The round constants: FIPS 202, section 3.2.5.
fn round_constants() -> [u64; ROUNDS] {
    let mut register = 1u8;
    std::array::from_fn(|_| {
        (0..7).fold(0, |constant, bit| {
            let one = u64::from(register & 1);
            register = register << 1 ^ if register >> 7 == 1 { 0x71 } else { 0 };
            constant | one << ((1 << bit) - 1)
        })
    })
}
