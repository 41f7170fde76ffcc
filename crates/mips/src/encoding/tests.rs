//! Every encoding decodes back to its operation, for all values of the other fields.

use super::Encoding;
use crate::{Instruction, Op};
use proptest::prelude::*;
use std::vec::Vec;

/// A word of that encoding, its other bits taken from `rest`.
fn word(encoding: Encoding, rest: u32) -> u32 {
    match encoding {
        Encoding::Opcode(number, _) => u32::from(number) << 26 | rest & 0x03ff_ffff,
        Encoding::Special(number, _) => rest & 0x03ff_ffc0 | u32::from(number),
        Encoding::RegImm(number) => 1 << 26 | rest & 0x03e0_ffff | u32::from(number) << 16,
        Encoding::Special2(number) => 0x1c << 26 | rest & 0x03ff_ffc0 | u32::from(number),
    }
}

proptest! {
    #[test]
    fn encodings_decode_back(rest: u32) {
        for &op in Op::ALL {
            for &encoding in op.encodings() {
                let word = word(encoding, rest);
                prop_assert_eq!(Instruction::decode(word).op, op, "{:?} {:#010x}", encoding, word);
            }
        }
    }
}

#[test]
fn all_other_words_are_invalid() {
    let invalid = |words: &mut dyn Iterator<Item = u32>| -> Vec<u32> {
        let word = |instruction: Instruction| instruction.imm as u32;
        let decoded = words.map(Instruction::decode);
        decoded.filter(|instruction| instruction.op == Op::Invalid).map(word).collect()
    };
    let special = invalid(&mut (0..64));
    assert_eq!(special, [1, 5, 13, 14, 21, 40, 41, 48, 49, 50, 51, 52, 53, 54, 55, 57, 61]);
    let opcodes: Vec<_> =
        invalid(&mut (0..64).map(|opcode| opcode << 26)).iter().map(|word| word >> 26).collect();
    // 0x1c is SPECIAL2. The VM has no operation for its number 0.
    let expected =
        [16, 17, 18, 19, 20, 21, 22, 23, 28, 29, 30, 31, 47, 49, 50, 51, 53, 54, 57, 58, 59, 61, 62];
    assert_eq!(opcodes, expected);
    let special2: Vec<_> =
        (0..64).filter(|word| Instruction::decode(0x1c << 26 | word).op != Op::Invalid).collect();
    assert_eq!(special2, [2, 32, 33, 36, 37]);
    assert!((0..32).all(|number| Instruction::decode(1 << 26 | number << 16).op != Op::Invalid));
}

#[test]
fn words_of_the_manual_decode_to_what_it_says() {
    let decoded = |word| {
        let Instruction { op, rs, rt, rd, imm } = Instruction::decode(word);
        (op, rs, rt, rd, imm)
    };
    assert_eq!(decoded(0x0085_1021), (Op::Addu, 4, 5, 2, 0)); // addu $2, $4, $5
    assert_eq!(decoded(0x2402_ffff), (Op::Addiu, 0, 0, 2, -1)); // addiu $2, $0, -1
    assert_eq!(decoded(0x3442_ffff), (Op::Ori, 2, 0, 2, 0xffff)); // ori $2, $2, 0xffff
    assert_eq!(decoded(0x3c02_8000), (Op::Lui, 0, 0, 2, i32::MIN)); // lui $2, 0x8000
    assert_eq!(decoded(0x0002_113c), (Op::Dsll, 0, 2, 2, 36)); // dsll32 $2, $2, 4
    assert_eq!(decoded(0xdfbf_0010), (Op::Ld, 29, 0, 31, 16)); // ld $31, 16($29)
    assert_eq!(decoded(0xffbf_fff8), (Op::Sd, 29, 31, 0, -8)); // sd $31, -8($29)
    assert_eq!(decoded(0x1085_ffff), (Op::Beq, 4, 5, 0, -4)); // beq $4, $5, . - 0
    assert_eq!(decoded(0x0c00_0400), (Op::Jal, 0, 0, 31, 0x1000)); // jal 0x1000
    assert_eq!(decoded(0x0320_f809), (Op::Jalr, 25, 0, 31, 0)); // jalr $25
    assert_eq!(decoded(0x0411_0001), (Op::Bgezal, 0, 0, 31, 4)); // bal . + 8
    assert_eq!(decoded(0xe0a4_0000), (Op::Sc, 5, 4, 4, 0)); // sc $4, 0($5)
    assert_eq!(decoded(0x0000_000c), (Op::Syscall, 0, 0, 0, 0)); // syscall
}
