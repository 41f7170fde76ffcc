//! Rows of random instructions are right, and no cell of them can be changed.

use super::CountRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    tables::power::Power,
    testing::{Verdict, check_and_mutate, check_mixes, cpu, execute, instruction, judge},
    word::word,
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const COUNTS: &[Op] = &[Op::Clz, Op::Clo, Op::Dclz, Op::Dclo];

/// A count of the bits of a number that begins with any number of zeros or ones, in its lower half or as a whole.
fn case() -> impl Strategy<Value = (u32, Cpu, u64)> {
    let begins = (0_u32..=64, any::<u64>())
        .prop_map(|(zeros, bits)| (bits | 1 << 63).checked_shr(zeros).unwrap_or_default());
    let value = (begins, any::<bool>(), prop::option::of(any::<u32>())).prop_map(|(value, ones, upper)| {
        let value = if ones { !value } else { value };
        upper.map_or(value, |upper| u64::from(upper) << 32 | value >> 32)
    });
    (instruction(COUNTS), value).prop_map(|((word, mut cpu, memory), value)| {
        cpu.set((word >> 21 & 31) as u8, value);
        (word, cpu, memory)
    })
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in case()) {
        check_and_mutate(AnyTable::Count, &case)?;
    }

    #[test]
    fn rows_do_not_mix((case, other) in (case(), cpu())) {
        check_mixes(AnyTable::Count, &case, &other)?;
    }
}

/// All values with one bit that ends the count, each judged with all places where the count could be said to end.
#[test]
fn a_count_ends_at_one_bit() {
    for (function, value) in (0..=64)
        .flat_map(|bit| {
            let one = 1_u64.checked_shl(bit).unwrap_or_default();
            [
                one,
                !one,
                one | 0xffff,
                one | 0xffff_0000,
                one | 0xffff << 32,
                one.wrapping_sub(1),
                !one.wrapping_sub(1),
            ]
        })
        .flat_map(|value| [0x20, 0x21, 0x24, 0x25].map(|function| (function, value)))
    {
        let mut cpu = Cpu::at(1 << 32);
        cpu.set(2, value);
        let executed = execute(0x1c << 26 | 2 << 21 | 3 << 11 | function, &cpu, 0).unwrap();
        let honest = CountRow::new(&executed);
        let mut right = 0;
        // Even in several limbs, of which each has a part of the sum.
        for (places, bit) in (0..16).flat_map(|places| (0..16).map(move |bit| (places, bit))) {
            let mut row = honest;
            row.ends = array::from_fn(|limb| Val::from_bool(places >> limb & 1 == 1));
            (row.bit, row.below) = (Power::default(), Val::ZERO);
            if places != 0 {
                let counted = if function & 1 == 1 { !value } else { value };
                let last: Val = row.ends.into_iter().zip(word(counted)).map(|(end, limb)| end * limb).sum();
                row.bit = Power::new(bit);
                row.below = last / row.ends.into_iter().sum::<Val>() - row.bit.power;
            } else if bit > 0 {
                continue;
            }
            match judge(AnyTable::Count, row.cells()) {
                Verdict::Right(_) => right += 1,
                verdict => {
                    assert!(matches!(verdict, Verdict::Refused(_)), "{value:x} {places} {bit}: {verdict:x?}")
                }
            }
        }
        assert_eq!(right, 1, "{function:x} of {value:x}");
    }
}
