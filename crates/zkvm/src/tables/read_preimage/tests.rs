//! Rows of reads of pre-images are right, and no cell of them can be changed.

use super::{PreimageRead, ReadPreimageRow};
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    statement::SystemCell,
    tables::region::LENGTH,
    testing::{
        Rows, Setup, Verdict, check_call, check_call_mixes, check_segment, is_right, judge_own,
        machine_reading, value, word,
    },
    trace::{Call, MemoryAccess, Operand, Preimage, Preimages, Recorder, StateTree, Then, Written},
};
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::sync::{Arc, OnceLock};
use tribunal_mips::Op;

/// Pre-images of all types and of many lengths. Region 1 has a local key.
fn preimages() -> Arc<Preimages> {
    static PREIMAGES: OnceLock<Arc<Preimages>> = OnceLock::new();
    let bytes = |length: u32, seed: u32| -> Vec<u8> {
        (0..length).map(|place| ((place + seed).wrapping_mul(0x9e37_79b1) >> 21) as u8).collect()
    };
    let make = || {
        let mut all = Vec::new();
        for (number, length) in [(1, 20), (2, 0), (3, 1), (4, 7), (5, 8), (6, 9), (7, 100), (8, 70_000)] {
            let kind = [1, 2, 4][number as usize % 3];
            let mut key: [u8; 32] = core::array::from_fn(|place| (place as u8).wrapping_mul(37) ^ number);
            key[0] = kind;
            all.push(Preimage { key, bytes: bytes(length, u32::from(number) * 1000) });
        }
        let mut advice = [0; 32];
        (advice[0], advice[29], advice[30]) = (3, 7, 77);
        all.push(Preimage { key: advice, bytes: bytes(50, 9) });
        // Its word would do for the end of another one.
        let mut zeros = [0xff; 32];
        zeros[0] = 2;
        all.push(Preimage { key: zeros, bytes: vec![0; 33] });
        Arc::new(Preimages::new(all).unwrap())
    };
    PREIMAGES.get_or_init(make).clone()
}

/// The number of the region whose pre-image has that length.
fn region(length: usize) -> u32 {
    let preimages = preimages();
    let mut found = preimages.regions().iter().filter(|(_, region)| region.bytes.len() == length);
    *found.next().unwrap().0
}

/// A read from there, of a region that is chosen already or not.
fn setup(region: u32, chosen: bool, offset: u64, address: u64, most: u64) -> Setup {
    let mut setup = Setup::call(5000, [5, address, most]);
    setup.preimages = preimages();
    let key = setup.preimages.regions()[&region].key;
    for (cell, bytes) in setup.cells.iter_mut().zip(key.as_chunks::<8>().0) {
        *cell = u64::from_be_bytes(*bytes);
    }
    setup.cells[SystemCell::Offset as usize] = offset;
    setup.cells[SystemCell::Region as usize] = if chosen { region.into() } else { 0 };
    setup.memory.insert(address & !7, 0xa1a2_a3a4_a5a6_a7a8);
    setup
}

const TABLE: Option<AnyTable> = Some(AnyTable::ReadPreimage);

proptest! {
    // The row has many cells, and so many more pairs of cells.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(128), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        region in any::<prop::sample::Index>(),
        chosen in any::<bool>(),
        offset in any::<prop::sample::Index>(),
        address in prop_oneof![value(), 0x2000_u64..0x2010],
        most in prop_oneof![0_u64..10, value()],
    ) {
        let preimages = preimages();
        let regions: Vec<u32> = preimages.regions().keys().copied().collect();
        let number = *region.get(&regions);
        let offset = offset.index(preimages.regions()[&number].bytes.len() + 8) as u64;
        check_call(TABLE, &setup(number, chosen, offset, address, most))?;
    }
}

/// Each number of bytes at each place of a word, to each place, in the middle of a pre-image and at its end.
#[test]
fn each_part_of_a_word() -> Result<(), TestCaseError> {
    let mut reads = 0;
    for length in [0, 1, 7, 8, 9, 20, 50, 70_000] {
        let number = region(length);
        let length = length as u64;
        let places = (0..18).chain(length.saturating_sub(9)..length + 8).chain(0xfff4..0x1_0002);
        for (offset, place) in places.filter(|offset| *offset < length + 8).zip((0..8).cycle()) {
            for most in (0..10).chain([0xffff, 1 << 16, 1 << 48, u64::MAX]) {
                let address = [0x2000, 0xffff_fff8, 0xffff_ffff_0000][reads % 3] + place;
                let chosen = most % 2 == 0;
                is_right(TABLE, &setup(number, chosen, offset, address, most))?;
                reads += 1;
            }
        }
    }
    for (inside, place) in (0..8).flat_map(|inside| (0..8).map(move |place| (inside, place))) {
        for most in 0..9 {
            is_right(TABLE, &setup(region(100), true, 16 + inside, 0x2000 + place, most))?;
        }
    }
    Ok(())
}

/// What proves one number of bytes, or one region, does not prove another one.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let calls = [
        setup(region(20), true, 3, 0x2003, 5),
        setup(region(20), false, 27, 0x2000, 8),
        setup(region(100), true, 16, 0x2000, 1 << 16),
        setup(region(50), false, 0, 0x2001, 0),
        setup(region(0), false, 7, 0x2000, 3),
    ];
    for one in &calls {
        for other in &calls {
            check_call_mixes(AnyTable::ReadPreimage, one, other)?;
        }
    }
    Ok(())
}

/// What a forger may choose.
#[derive(Debug, Clone)]
struct Forged {
    region_old: u32,
    region: u32,
    /// The region whose key the cells of the key hold.
    key: Option<u32>,
    offset: u64,
    address: u64,
    most: u64,
    count: u64,
    /// What is added to the length and to the words.
    length: u64,
    words: [u64; 2],
    reads_next: bool,
    /// What is added to the new word of memory.
    memory: u64,
}

impl Forged {
    /// An honest read.
    fn of(region: u32, offset: u64, address: u64, most: u64) -> Self {
        let length = preimages().regions()[&region].bytes.len() as u64;
        let count = most.min(8 - (address & 7)).min(length + 8 - offset);
        Self {
            region_old: region,
            region,
            key: None,
            offset,
            address,
            most,
            count,
            length: 0,
            words: [0; 2],
            reads_next: (offset & 7) + count > 8,
            memory: 0,
        }
    }

    /// The row. All that follows from the lie follows it.
    fn row(&self) -> ReadPreimageRow<Val> {
        let preimages = preimages();
        let cell = |old: u64, new: u64| Written { register: 0, old, new, before: 3990 };
        let argument = |value: u64| Operand { register: 4, value, before: 3990 };
        let call = Call {
            time: 4000,
            pc: 0x400,
            next_pc: 0x401,
            number: 5000,
            arguments: [5, self.address, self.most].map(argument),
            v0: cell(5000, self.count),
            a3: cell(1, 0),
            then: Then::Returns,
        };
        let word = |number: u64| {
            let region = preimages.regions().get(&self.region);
            region.map_or(0, |region| region.word(number as u32))
        };
        let first = LENGTH as u64 + self.offset / 8;
        let key = self.key.map(|region| {
            core::array::from_fn(|place| {
                let word = preimages.regions()[&region].word(place as u32);
                cell(word, word)
            })
        });
        let mut read = PreimageRead {
            memory: MemoryAccess { old: 0xa1a2_a3a4_a5a6_a7a8, new: 0, before: 3990, stored: 77 },
            offset: cell(self.offset, self.offset + self.count),
            region: cell(self.region_old.into(), self.region.into()),
            key,
            length: word(LENGTH as u64).wrapping_add(self.length),
            words: [
                Some(word(first).wrapping_add(self.words[0])),
                self.reads_next.then(|| word(first + 1).wrapping_add(self.words[1])),
            ],
        };
        read.memory.new = read.stored(&call).wrapping_add(self.memory);
        ReadPreimageRow::new(&call, &read)
    }

    fn rows(&self) -> Result<Rows, TestCaseError> {
        is_right(TABLE, &setup(region(100), true, 16, 0x2000, 8))
    }

    /// The verdict about the row.
    fn judge(&self) -> Result<Verdict, TestCaseError> {
        Ok(judge_own(&self.rows()?, self.row().cells()))
    }
}

/// Demands that a row is refused, or says what no other row says.
fn refused(forged: &Forged) -> Result<(), TestCaseError> {
    let verdict = forged.judge()?;
    prop_assert!(matches!(verdict, Verdict::Refused(_) | Verdict::Alone(_)), "{forged:?}: {verdict:?}");
    Ok(())
}

#[test]
fn forged_reads_are_refused() -> Result<(), TestCaseError> {
    let honest = Forged::of(region(20), 17, 0x2002, 8);
    prop_assert_eq!(honest.count, 6);
    let verdict = honest.judge()?;
    prop_assert!(matches!(&verdict, Verdict::Right(said) if !said.is_empty()), "{:?}", verdict);
    let first = Forged { region_old: 0, key: Some(region(20)), ..honest.clone() };
    let verdict = first.judge()?;
    prop_assert!(matches!(&verdict, Verdict::Right(said) if !said.is_empty()), "{:?}", verdict);
    let (other, regions) = (region(100), [region(100), region(50), region(9)]);
    for forged in [
        // Another byte, of the pre-image or beside it.
        Forged { words: [1, 0], ..honest.clone() },
        Forged { words: [1 << 56, 0], ..honest.clone() },
        Forged { memory: 1, ..honest.clone() },
        Forged { memory: 1 << 48, ..honest.clone() },
        Forged { memory: 1 << 56, ..honest.clone() },
        // Shorter, longer.
        Forged { count: 5, ..honest.clone() },
        Forged { count: 0, ..honest.clone() },
        Forged { count: 5, most: 1 << 20, ..honest.clone() },
        Forged { most: 5, ..honest.clone() },
        Forged { most: 0, ..honest.clone() },
        // Another length.
        Forged { length: 1, ..honest.clone() },
        // The key of another region, or none.
        Forged { key: Some(other), ..first.clone() },
        Forged { region: other, ..first.clone() },
        Forged { region: 0, ..first.clone() },
        Forged { key: None, ..first.clone() },
    ] {
        refused(&forged)?;
    }
    for other in regions {
        refused(&Forged { region: other, ..honest.clone() })?;
        refused(&Forged { region_old: other, ..honest.clone() })?;
        refused(&Forged { region: other, ..first.clone() })?;
    }
    // The second word is needed, and is not read.
    let honest = Forged::of(region(100), 21, 0x2000, 8);
    prop_assert!(honest.reads_next && matches!(honest.judge()?, Verdict::Right(_)));
    for forged in [
        Forged { reads_next: false, ..honest.clone() },
        Forged { words: [0, 1 << 32], ..honest.clone() },
        Forged { count: 3, reads_next: false, ..honest.clone() },
    ] {
        refused(&forged)?;
        let mut row = forged.row();
        row.goes_on = Val::ZERO;
        let verdict = judge_own(&forged.rows()?, row.cells());
        prop_assert!(matches!(verdict, Verdict::Refused(_) | Verdict::Alone(_)), "{:?}", verdict);
    }
    Ok(())
}

/// Nothing is read after the end, whatever the rest is said to be, and the last bytes are not left out.
#[test]
fn the_end_is_the_end() -> Result<(), TestCaseError> {
    for (length, offsets) in [(20, 24..36_u64), (33, 36..50), (0, 0..16), (7, 10..18), (1, 8..14)] {
        for (offset, count) in offsets.flat_map(|offset| (0..9).map(move |count| (offset, count))) {
            for most in [count, 8, 1 << 16] {
                let left = (length as u64 + 8).checked_sub(offset);
                let right = left.is_some_and(|left| left != 0 && count == most.min(8).min(left));
                let mut forged = Forged::of(region(length), 0, 0x2000, most);
                (forged.offset, forged.count, forged.reads_next) = (offset, count, (offset & 7) + count > 8);
                let mut row = forged.row();
                let rows = forged.rows()?;
                let rest = Val::from_u64(length as u64 + 8) - Val::from_u64(offset + count);
                for at_end in [row.at_end, Val::ONE - row.at_end] {
                    row.at_end = at_end;
                    for nothing in [Val::ZERO, Val::ONE] {
                        row.nothing = nothing;
                        for (part, of) in
                            [(0, 0), (1, 1), (2, 1), (1 << 14, 0), ((1 << 14) - 1, 1), (0x7eff, 0)]
                        {
                            let upper = Val::from_u32(part);
                            let low = rest - nothing * Val::from_u32(of) - upper * Val::from_u32(1 << 16);
                            row.rest = [low, upper];
                            let verdict = judge_own(&rows, row.cells());
                            prop_assert!(
                                !matches!(verdict, Verdict::Wrong(_)),
                                "{:?}: {:?}",
                                forged,
                                verdict
                            );
                            let passes = matches!(verdict, Verdict::Right(_));
                            prop_assert!(right || !passes, "{:?}: {:?}", forged, verdict);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// A program that reads a local key's pre-image in parts, up to its end.
fn program() -> (Vec<u32>, Arc<Preimages>) {
    let set = |register: u32, number: u32| word(Op::Ori, 0, register, 0, number);
    // The key is 01, zeros, 07.
    let mut program =
        vec![set(8, 1), set(9, 7), word(Op::Sb, 0, 8, 0, 0x2000), word(Op::Sb, 0, 9, 0, 0x201f)];
    let call = |arguments: [u32; 4]| {
        let registers = [2, 4, 5, 6].into_iter().zip(arguments).map(|(register, value)| set(register, value));
        registers.chain([word(Op::Syscall, 0, 0, 0, 0)]).collect::<Vec<_>>()
    };
    for part in 0..4 {
        program.extend(call([5001, 6, 0x2000 + 8 * part, 8]));
    }
    // A reservation is lost, because even a read of nothing stores.
    for (address, most) in [(0x3000, 8), (0x3003, 100), (0x3008, 8), (0x3010, 3), (0x3013, 0), (0x3015, 8)] {
        program.extend(call([5000, 5, address, most]));
    }
    program.extend(call([5001, 6, 0x2000, 0]));
    program.extend(call([5000, 5, 0x3002, 8]));
    program.push(word(Op::Ll, 0, 10, 0, 0x3000));
    program.extend(call([5000, 5, 0x3000, 0]));
    program.push(word(Op::Sc, 0, 10, 0, 0x3000));
    let mut key = [0; 32];
    (key[0], key[31]) = (1, 7);
    let bytes = (1..=20).collect();
    (program, Arc::new(Preimages::new([Preimage { key, bytes }]).unwrap()))
}

/// Wherever a segment ends, its state is that of the VM.
#[test]
fn segments_of_reads_hold_together() {
    let (program, preimages) = program();
    for cut in [1, 3, 5, 7, 11, 1000] {
        let mut machine = machine_reading(&program, preimages.clone());
        let mut tree = StateTree::of(machine.state());
        tree.set_preimages(&preimages);
        let mut left = program.len();
        while left > 0 {
            let recorder = Recorder::new(machine.state(), &tree).unwrap();
            let mut recorder = recorder.with_preimages(preimages.clone());
            for _ in 0..cut.min(left) {
                machine.step_observed(&mut recorder).unwrap();
            }
            left -= cut.min(left);
            assert_eq!(recorder.failed(), None);
            let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
            check_segment(&recorded).unwrap();
            let mut expected = StateTree::of(machine.state());
            expected.set_preimages(&preimages);
            assert_eq!(tree.root(), expected.root());
        }
        // The length again.
        assert_eq!(machine.state().memory().read_word(0x3000), 0);
        assert_eq!(machine.state().memory().read_word(0x3008), 0x0607_0809_0a0b_0c0d);
    }
}

/// A pre-image that the machine did not get is not proven.
#[test]
fn other_preimages_are_no_rows() {
    let (program, preimages) = program();
    let reason = |regions: Vec<Preimage>| {
        let mut machine = machine_reading(&program, preimages.clone());
        let recorder = Recorder::new(machine.state(), &StateTree::default()).unwrap();
        let mut recorder = recorder.with_preimages(Arc::new(Preimages::new(regions).unwrap()));
        (0..program.len()).for_each(|_| machine.step_observed(&mut recorder).unwrap());
        recorder.failed().map(ToString::to_string).unwrap_or_default()
    };
    let right = preimages.regions()[&1].clone();
    assert_eq!(reason(vec![right.clone()]), "");
    let why = reason(vec![]);
    assert!(why.starts_with("not provable: step 28 at ") && why.contains("not one of those"), "{why}");
    for bytes in [vec![], right.bytes[..19].to_vec(), [&right.bytes[..], &[0]].concat(), vec![0; 20]] {
        let why = reason(vec![Preimage { bytes, ..right.clone() }]);
        assert!(why.contains("another pre-image"), "{why}");
    }
}

/// Each number has one pair of limbs.
#[test]
fn limbs_are_unique() -> Result<(), TestCaseError> {
    let advice = region(50);
    let place = Val::from_u32(1 << 16);
    let first = Forged { region_old: 0, key: Some(advice), ..Forged::of(advice, 0, 0x2000, 8) };
    let rows = first.rows()?;
    let refuses = |row: &ReadPreimageRow<Val>| {
        let verdict = judge_own(&rows, row.cells());
        prop_assert!(matches!(verdict, Verdict::Refused(_)), "{:?}", verdict);
        Ok(())
    };
    prop_assert!(matches!(judge_own(&rows, first.row().cells()), Verdict::Right(_)));
    for [low, high] in [[1_i64 << 16, -1], [-1 << 16, 1], [1, 0x7f00]] {
        let mut row = first.row();
        row.region[0] += Val::from_i64(low);
        row.region[1] += Val::from_i64(high);
        refuses(&row)?;
    }
    for (offset, carry) in [(0xfffa, Val::ZERO), (0xfff0, Val::ONE)] {
        let mut row = Forged::of(region(70_000), offset, 0x2000, 8).row();
        prop_assert!(matches!(judge_own(&rows, row.cells()), Verdict::Right(_)));
        row.new_offset += (row.carry - carry) * place;
        row.carry = carry;
        refuses(&row)?;
    }
    Ok(())
}

/// A pair of bytes is not another one that makes the same limb.
#[test]
fn bytes_are_bytes() -> Result<(), TestCaseError> {
    let rows = Forged::of(region(100), 17, 0x2000, 8).rows()?;
    let carried = |bytes: &mut [Val]| {
        bytes[0] -= Val::ONE;
        bytes[1] += Val::from_u16(1 << 8);
    };
    let refuses = |row: &ReadPreimageRow<Val>, what: &str| {
        let verdict = judge_own(&rows, row.cells());
        prop_assert!(matches!(verdict, Verdict::Refused(_)), "{} {:?}", what, verdict);
        Ok(())
    };
    // Of the pre-image: where the bytes are moved by an odd number of places.
    for pair in 0..8 {
        let inside = if pair < 4 { 1 } else { 7 };
        let mut row = Forged::of(region(100), 16 + inside, 0x2000, 8).row();
        carried(&mut row.bytes[2 * pair..2 * pair + 2]);
        row.shifted = core::array::from_fn(|place| row.bytes[inside as usize + place]);
        row.placed = row.shifted;
        row.part.new = crate::tables::region::big_endian(row.placed);
        refuses(&row, "bytes of the pre-image")?;
    }
    // Of memory: where one of two bytes is replaced.
    for place in 0..8_usize {
        let mut row = Forged::of(region(100), 16, 0x2000 + place as u64, 1).row();
        let mut word = row.part.memory;
        carried(&mut word[place & 6..(place & 6) + 2]);
        row.part.memory = word;
        word[place] = row.placed[place];
        row.part.new = crate::tables::region::big_endian(word);
        refuses(&row, "bytes of memory")?;
    }
    Ok(())
}
