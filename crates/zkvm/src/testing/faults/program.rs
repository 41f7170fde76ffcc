//! Random programs that do something of everything, and read a pre-image.

use crate::{
    calls::{CLONE_FLAGS, futex, number},
    tables::Sha256BlockRow,
    testing::{START, word},
    trace::{Preimage, Preimages},
};
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;
use proptest::prelude::*;
use std::sync::Arc;
use tribunal_mips::Op;

/// Where the key of the pre-image is, after the program.
const KEY: u32 = 0x1000;
/// Where the programs store.
pub(super) const DATA: u64 = 0x2000;

/// The pre-image that the programs read.
pub(super) fn preimages() -> Arc<Preimages> {
    let bytes = (1..=29).collect::<Vec<u8>>();
    let mut key = Keccak256Hash {}.hash_iter(bytes.iter().copied());
    key[0] = 2;
    Arc::new(Preimages::new([Preimage { key, bytes }]).unwrap())
}

/// Pre-images of all types.
pub(in super::super) fn some_preimages() -> Preimages {
    let bytes: Vec<u8> = (0..=200).collect();
    let mut hashed = Keccak256Hash {}.hash_iter(bytes.iter().copied());
    hashed[0] = 2;
    let mut of_sha256 = Sha256BlockRow::hash(1, &bytes).1;
    of_sha256[0] = 4;
    let key = |kind: u8, last: u8| {
        let mut key = [0; 32];
        (key[0], key[31]) = (kind, last);
        key
    };
    let keys = [key(1, 3), key(1, 9), hashed, key(3, 5), of_sha256];
    let all = keys.into_iter().zip([&bytes[..9], &bytes[..40], &bytes, &bytes[..30], &bytes]);
    let empty = Preimage { key: key(3, 6), bytes: Vec::new() };
    Preimages::new(all.map(|(key, bytes)| Preimage { key, bytes: bytes.to_vec() }).chain([empty])).unwrap()
}

fn set(register: u32, number: u32) -> u32 {
    word(Op::Addiu, 0, register, 0, number)
}

const SYSCALL: u32 = 0xc;
const NOP: u32 = 0;

fn call(number: u16, arguments: [u32; 3]) -> Vec<u32> {
    let registers = [4, 5, 6].into_iter().zip(arguments).map(|(register, value)| set(register, value));
    [set(2, number.into())].into_iter().chain(registers).chain([SYSCALL]).collect()
}

/// Creates a thread, which goes on with the program as the first one does.
fn clone() -> Vec<u32> {
    let flags = [word(Op::Lui, 0, 4, 0, CLONE_FLAGS >> 16), word(Op::Ori, 4, 4, 0, CLONE_FLAGS & 0xffff)];
    [&[set(2, number::CLONE.into())], &flags[..], &[set(5, 0x4000), SYSCALL]].concat()
}

/// Creates a thread, which exits at once.
fn clone_that_exits() -> Vec<u32> {
    let exit = call(number::EXIT, [3, 0, 0]);
    [clone(), vec![word(Op::Bne, 2, 0, 0, exit.len() as u32 + 1), NOP], exit].concat()
}

/// `clone` with other flags: it ends the program. The flags differ in one of their parts.
fn clone_with(part: usize) -> Vec<u32> {
    let flags = CLONE_FLAGS ^ [1, 1 << 16, 0][part];
    let mut words = vec![set(2, number::CLONE.into()), set(4, u32::from(part == 2))];
    words.extend([word(Op::Dsll, 0, 4, 4, 31), word(Op::Dsll, 0, 4, 4, 1)]);
    words.extend([word(Op::Lui, 0, 20, 0, flags >> 16), word(Op::Ori, 20, 20, 0, flags & 0xffff)]);
    words.extend([word(Op::Or, 4, 20, 4, 0), SYSCALL]);
    words
}

/// Writes the key, and reads at most so many bytes of the pre-image to an address.
fn read(address: u32, count: u32) -> Vec<u32> {
    let mut words = vec![word(Op::Lui, 0, 20, 0, (START >> 16) as u32)];
    for part in 0..4 {
        // The second one is very long, as a number of 16 bits with a sign.
        words.extend(call(number::WRITE, [6, 0, if part == 1 { 0x8008 } else { 8 }]));
        // The address of the key is no constant of 16 bits.
        let last = words.len() - 1;
        words.insert(last, word(Op::Daddiu, 20, 5, 0, KEY + 8 * part));
    }
    words.extend(call(number::READ, [5, address, count]));
    words.extend(call(number::READ, [5, address + 12, count]));
    words
}

/// An instruction that computes something of registers 8 to 15.
fn computes() -> impl Strategy<Value = u32> {
    let three = prop::sample::select(vec![
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
        Op::Sllv,
        Op::Srlv,
        Op::Srav,
        Op::Dsllv,
        Op::Dsrlv,
        Op::Dsrav,
        Op::Movz,
        Op::Movn,
        Op::Mul,
    ]);
    let immediate =
        prop::sample::select(vec![Op::Addiu, Op::Daddiu, Op::Slti, Op::Sltiu, Op::Andi, Op::Ori, Op::Xori]);
    let shift = prop::sample::select(vec![Op::Sll, Op::Srl, Op::Sra, Op::Dsll, Op::Dsrl, Op::Dsra]);
    let count = prop::sample::select(vec![Op::Clz, Op::Clo, Op::Dclz, Op::Dclo]);
    let product = prop::sample::select(vec![Op::Mult, Op::Multu, Op::Dmult, Op::Dmultu]);
    // Register 17 is not 0.
    let quotient = prop::sample::select(vec![Op::Div, Op::Divu, Op::Ddiv, Op::Ddivu]);
    let (one, two, to) = (8_u32..16, 8_u32..16, prop_oneof![1 => Just(0_u32), 12 => 8_u32..16]);
    let registers = (one, two, to);
    prop_oneof![
        6 => (three, registers.clone()).prop_map(|(op, (rs, rt, rd))| word(op, rs, rt, rd, 0)),
        3 => (immediate, registers.clone(), any::<u16>())
            .prop_map(|(op, (rs, _, rt), low)| word(op, rs, rt, 0, low.into())),
        2 => (shift, registers.clone(), 0_u32..32).prop_map(|(op, (_, rt, rd), by)| word(op, 0, rt, rd, by)),
        1 => (count, registers.clone()).prop_map(|(op, (rs, _, rd))| word(op, rs, rd, rd, 0)),
        1 => (product, registers.clone()).prop_map(|(op, (rs, rt, _))| word(op, rs, rt, 0, 0)),
        1 => (quotient, registers.clone()).prop_map(|(op, (rs, ..))| word(op, rs, 17, 0, 0)),
        1 => (registers.clone(), any::<u16>()).prop_map(|((_, _, rt), low)| word(Op::Lui, 0, rt, 0, low.into())),
        1 => (prop::sample::select(vec![Op::Mfhi, Op::Mflo]), registers.clone())
            .prop_map(|(op, (_, _, rd))| word(op, 0, 0, rd, 0)),
        1 => (prop::sample::select(vec![Op::Mthi, Op::Mtlo]), registers)
            .prop_map(|(op, (rs, ..))| word(op, rs, 0, 0, 0)),
    ]
}

/// A load or a store. Register 16 has the address of the data.
fn accesses() -> impl Strategy<Value = u32> {
    let op = prop::sample::select(vec![
        (Op::Lb, 1),
        (Op::Lbu, 1),
        (Op::Lh, 2),
        (Op::Lhu, 2),
        (Op::Lw, 4),
        (Op::Lwu, 4),
        (Op::Ld, 8),
        (Op::Lwl, 1),
        (Op::Lwr, 1),
        (Op::Ldl, 1),
        (Op::Ldr, 1),
        (Op::Sb, 1),
        (Op::Sh, 2),
        (Op::Sw, 4),
        (Op::Sd, 8),
        (Op::Swl, 1),
        (Op::Swr, 1),
        (Op::Sdl, 1),
        (Op::Sdr, 1),
        (Op::Ll, 4),
        (Op::Sc, 4),
        (Op::Lld, 8),
        (Op::Scd, 8),
    ]);
    (op, 0_u32..32, 8_u32..16).prop_map(|((op, size), offset, rt)| word(op, 16, rt, 0, offset / size * size))
}

/// A reservation, and a store-conditional after another instruction.
fn reserves() -> impl Strategy<Value = Vec<u32>> {
    // Registers 21 to 23 have addresses that differ from that of the data in one upper limb.
    let base = prop_oneof![3 => Just(16_u32), 2 => 21_u32..24];
    (accesses(), 0_u32..4, any::<bool>(), base, any::<bool>()).prop_map(
        |(between, place, double, base, links)| {
            let [ll, sc] = if double { [Op::Lld, Op::Scd] } else { [Op::Ll, Op::Sc] };
            let sc = word(sc, base, 9, 0, 8 * place);
            if links { vec![word(ll, 16, 8, 0, 8 * place), between, sc] } else { vec![sc] }
        },
    )
}

/// A branch or a jump over at most one instruction.
fn branches() -> impl Strategy<Value = Vec<u32>> {
    let op = prop::sample::select(vec![
        Op::Beq,
        Op::Bne,
        Op::Blez,
        Op::Bgtz,
        Op::Bltz,
        Op::Bgez,
        Op::Bltzal,
        Op::Bgezal,
    ]);
    let branch =
        (op, 8_u32..16, 8_u32..16, computes(), computes()).prop_map(|(op, rs, rt, slot, skipped)| {
            let rt = if matches!(op, Op::Beq | Op::Bne) { rt } else { 0 };
            vec![word(op, rs, rt, 0, 2), slot, skipped]
        });
    let jump = computes().prop_map(|skipped| {
        // Where the program is; then over the instruction.
        vec![
            word(Op::Bgezal, 0, 0, 0, 1),
            NOP,
            word(Op::Daddiu, 31, 18, 0, 16),
            word(Op::Jalr, 18, 0, 19, 0),
            NOP,
            skipped,
        ]
    });
    prop_oneof![4 => branch, 1 => jump]
}

fn calls() -> impl Strategy<Value = Vec<u32>> {
    let futex_call = |operation: u16, value: u32| call(number::FUTEX, [0x2004, operation.into(), value]);
    prop_oneof![
        Just(call(number::MMAP, [0, 0x1234, 0])),
        Just(call(number::MMAP, [0x3000, 0x1234, 0])),
        Just(call(number::CLOCK_GETTIME, [1, 0x2004, 0])),
        Just(call(number::CLOCK_GETTIME, [0, 0x2004, 0])),
        // 0x8001 is a number with upper limbs, because it has a sign.
        (prop::sample::select(vec![7_u32, 0x8001]))
            .prop_map(|clock| call(number::CLOCK_GETTIME, [clock, 0x2004, 0])),
        Just(call(number::GETRANDOM, [0x2003, 0x8001, 0])),
        (
            prop::sample::select(vec![1_u32, 9, 0x7000, 0x8001]),
            prop::sample::select(vec![1_u32, 3, 9, 0x8001])
        )
            .prop_map(|(file, command)| call(number::FCNTL, [file, command, 0])),
        (
            prop::sample::select(vec![1_u32, 9, 0x7000, 0x8001]),
            prop::sample::select(vec![number::READ, number::WRITE])
        )
            .prop_map(|(file, number)| call(number, [file, 0x2000, 8])),
        prop::sample::select(vec![0_u32, 0x80, 0x180])
            .prop_map(|flags| call(number::EVENTFD2, [0, flags, 0])),
        Just(call(number::GETRANDOM, [0x2003, 9, 0])),
        Just(call(number::WRITE, [1, 0x2000, 8])),
        Just(call(number::FCNTL, [1, 3, 0])),
        Just(call(number::GETTID, [0; 3])),
        Just(call(number::BRK, [0; 3])),
        Just(call(number::SCHED_YIELD, [0; 3])),
        Just(futex_call(futex::WAIT, 0)),
        Just(futex_call(futex::WAIT, 7)),
        Just(futex_call(futex::WAKE, 1)),
        prop::sample::select(vec![1_u16, 0x8001]).prop_map(move |operation| futex_call(operation, 1)),
        (0_u32..9, prop_oneof![0_u32..12, Just(0x8003)])
            .prop_map(|(address, count)| read(0x2000 + address, count)),
        Just(clone()),
        Just(clone()),
        Just(clone_that_exits()),
    ]
}

/// A program that ends.
pub(super) fn program() -> impl Strategy<Value = Vec<u32>> {
    let piece = prop_oneof![
        6 => computes().prop_map(|word| vec![word]),
        6 => accesses().prop_map(|word| vec![word]),
        2 => reserves(),
        3 => branches(),
        4 => calls(),
    ];
    (prop::collection::vec(piece, 6..20), any::<u16>(), 0_usize..9).prop_map(|(pieces, code, end)| {
        let end = match end {
            0..3 => clone_with(end),
            3 => call(number::EXIT, [code.into(), 0, 0]),
            _ => Vec::new(),
        };
        ends([pieces.concat(), end].concat(), code)
    })
}

/// A program that reads two parts of the pre-image.
pub(super) fn reads() -> Vec<u32> {
    ends(read(0x2003, 9), 0)
}

/// Lets a program end, also if it goes on after that, and puts the key after it.
fn ends(words: Vec<u32>, code: u16) -> Vec<u32> {
    let jump = vec![word(Op::J, 0, 0, 0, (START as u32 + 8) >> 2), NOP];
    let mut words = [jump, words].concat();
    for code in [code, code.wrapping_add(1)] {
        words.extend(call(number::EXIT_GROUP, [code.into(), 0, 0]));
    }
    words.resize(KEY as usize / 4, 0);
    let key = preimages().regions()[&1].key;
    words.extend(key.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes)));
    words
}
