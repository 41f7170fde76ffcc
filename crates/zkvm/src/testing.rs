//! Rows of random instructions, and what becomes of them when a cell is changed.

use crate::{
    air::AnyTable,
    bus::Slot,
    decode::{Decoded, SINK},
    one_row::evaluate,
    stark::Val,
    tables::range,
    trace::{Executed, Operand, Result, Tables},
};
use core::convert::Infallible;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::{prelude::*, test_runner::TestCaseResult};
use tribunal_mips::{Bus, Cpu, Encoding, HI, Instruction, LO, Op, Outcome, Width, operate};

/// The upper half of all code addresses.
pub(crate) const WINDOW: u64 = 1;

/// The same, as public values.
pub(crate) fn window() -> [Val; 2] {
    [Val::ONE, Val::ZERO]
}

/// A bus without memory.
struct NoMemory;

impl Bus for NoMemory {
    type Error = Infallible;

    fn load(&mut self, _: u64) -> core::result::Result<u64, Infallible> {
        unreachable!("no instruction of these tests accesses memory")
    }

    fn store(&mut self, _: u64, _: u64) -> core::result::Result<(), Infallible> {
        unreachable!("no instruction of these tests accesses memory")
    }

    fn load_linked(&mut self, _: u64, _: Width) -> core::result::Result<u64, Infallible> {
        unreachable!("no instruction of these tests accesses memory")
    }

    fn store_conditional(&mut self, _: u64, _: Width, _: u64) -> core::result::Result<bool, Infallible> {
        unreachable!("no instruction of these tests accesses memory")
    }
}

/// Values at the edges of limbs and signs, and any others.
pub(crate) fn value() -> impl Strategy<Value = u64> {
    let edge = prop::sample::select(vec![
        0,
        1,
        0xffff,
        0x1_0000,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        1 << 32,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
    ]);
    prop_oneof![edge, any::<u64>(), any::<i32>().prop_map(|word| i64::from(word) as u64)]
}

/// A CPU, and an encoded instruction with one of these operations.
pub(crate) fn instruction(ops: &'static [Op]) -> impl Strategy<Value = (u32, Cpu)> {
    let cpu = (prop::collection::vec(value(), 34), 0_u64..1 << 28).prop_map(|(values, pc)| {
        let mut cpu = Cpu::at(WINDOW << 32 | pc << 2);
        (0..32).zip(&values).for_each(|(register, value)| cpu.set(register, *value));
        (cpu.hi, cpu.lo) = (values[32], values[33]);
        cpu
    });
    let word = (prop::sample::select(ops), any::<prop::sample::Index>(), any::<u32>()).prop_map(
        |(op, which, bits)| {
            let encodings = op.encodings();
            encode(encodings[which.index(encodings.len())], bits)
        },
    );
    (word, cpu)
}

/// A word with this encoding. Its other bits are those of `bits`.
fn encode(encoding: Encoding, bits: u32) -> u32 {
    let opcode = |number: u8| u32::from(number) << 26;
    match encoding {
        Encoding::Opcode(number, _) => opcode(number) | bits & 0x03ff_ffff,
        Encoding::Special(number, _) => u32::from(number) | bits & 0x03ff_ffc0,
        Encoding::RegImm(number) => opcode(1) | u32::from(number) << 16 | bits & 0x03e0_ffff,
        Encoding::Special2(number) => opcode(0x1c) | u32::from(number) | bits & 0x03ff_ffc0,
    }
}

/// Executes an instruction. `None` if it cannot be proven, or jumps out of the code window.
pub(crate) fn run(word: u32, cpu: &Cpu) -> Option<Executed> {
    const TIME: u32 = 4000;
    let decoded = Decoded::decode(word)?;
    let Decoded { rd, rs, rt, .. } = decoded;
    let mut after = cpu.clone();
    let instruction = Instruction::decode(word);
    let new = match operate(instruction, &mut after, &mut NoMemory).ok()? {
        Outcome::Result(_) if rd == HI => after.hi,
        Outcome::Result(_) if rd == LO => after.lo,
        Outcome::Result(value) => {
            after.advance();
            value
        }
        Outcome::Jump => cpu.pc.wrapping_add(8),
    };
    if rd == HI || rd == LO {
        after.advance();
    }
    let register = |number: u8| match number {
        HI => cpu.hi,
        LO => cpu.lo,
        SINK => 0,
        general => cpu.get(general),
    };
    let operand = |number: u8, slot: Slot| Operand {
        register: number,
        value: register(number),
        before: TIME + slot as u32 - 1,
    };
    let words = |address: u64| (address >> 32 == WINDOW).then_some(address as u32 >> 2);
    Some(Executed {
        time: TIME,
        pc: words(cpu.pc)?,
        next_pc: words(cpu.next_pc)?,
        target: words(after.next_pc)?,
        decoded,
        rs: operand(rs, Slot::Rs),
        rt: operand(rt, Slot::Rt),
        rd: Result { register: rd, old: register(rd), new, before: TIME },
    })
}

/// The messages that a row sends and receives, but for those from the fixed tables, which are checked here.
///
/// # Errors
/// What is wrong with the row.
pub(crate) fn check(
    table: AnyTable,
    row: &[Val],
) -> core::result::Result<Vec<(String, Vec<Val>, Val)>, String> {
    let mut messages = Vec::new();
    let mut wrong = None;
    let failed = evaluate(table, row, &[], &window(), false, |message| {
        let number = |field: usize| message.fields[field].as_canonical_u32();
        let right = match message.bus {
            "range" => number(1) <= range::MOST_BITS as u32 && number(0) < 1 << number(1),
            "byte" => number(0) < 256 && number(1) < 256 && number(2) == number(0) & number(1),
            bus => {
                messages.push((bus.to_owned(), message.fields.to_vec(), message.count));
                true
            }
        };
        if !right {
            wrong = Some(format!("no row of the table {} has {:?}", message.bus, message.fields));
        }
    });
    match (failed, wrong) {
        (Some(constraint), _) => Err(format!("constraint {constraint} of the table {}", table.name())),
        (None, Some(wrong)) => Err(wrong),
        (None, None) => Ok(messages),
    }
}

/// Checks the row of an instruction. Then changes each of its cells, and demands that each change is noticed: by a
/// constraint, by a fixed table, or because the row says something else to the other tables. `free` are the cells that the
/// row does not use.
pub(crate) fn check_and_mutate(
    table: AnyTable,
    word: u32,
    cpu: &Cpu,
    free: impl Fn(usize) -> bool,
) -> TestCaseResult {
    let Some(executed) = run(word, cpu) else {
        return Err(TestCaseError::reject("not provable"));
    };
    let mut tables = Tables::default();
    prop_assert!(tables.push(&executed), "no table has {:?}", executed.decoded);
    let row: Vec<Val> = tables.rows(table).next().expect("the row is in this table").to_vec();
    let messages = check(table, &row).map_err(TestCaseError::fail)?;
    for cell in (0..row.len()).filter(|cell| !free(*cell)) {
        for change in [Val::ONE, Val::NEG_ONE, Val::from_u32(1 << 16), Val::from_u32(0x1234_5678)] {
            let mut forged = row.clone();
            forged[cell] += change;
            if let Ok(forged) = check(table, &forged) {
                prop_assert_ne!(&messages, &forged, "cell {} of the table {} is free", cell, table.name());
            }
        }
    }
    Ok(())
}
