//! Judges a row by itself: whether what it says to the other tables is what the machine does.
//!
//! The judge knows nothing of the columns and constraints. It takes the messages that the row receives as the state before
//! the step, lets the machine execute the instruction, and compares the messages that the row sends with the state after it.
//! So a row that passes is right, whatever its cells are.

use super::{
    instructions::{OneWord, Reserved, WINDOW, window},
    switches,
};
use crate::{
    air::AnyTable,
    bus::{GAP_BITS, SLOTS, Slot},
    decode::{Operation, SINK},
    one_row::evaluate,
    row::Row,
    stark::Val,
    statement::SystemCell,
    tables::{
        range,
        result::{CallOutcome, outcomes},
    },
    trace::SYSTEM_LEAVES,
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::{collections::HashSet, sync::OnceLock};
use tribunal_mips::{Cpu, Destination, Family, HI, Instruction, Jump, LO, Op, Outcome, WORD_MASK, operate};

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A constraint or a fixed table refuses it.
    Refused(String),
    /// It says something that no row of another table can say, so no proof with this row is valid.
    Alone(String),
    /// It says what the machine does. The messages are those of the row.
    Right(Vec<(String, Vec<u32>)>),
    /// It says something else: a proof with it may be valid, but false.
    Wrong(String),
}

/// An access to a cell of a space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) bus: String,
    /// A register, a cell of the machine's own state, or the address of a word of memory.
    pub(super) cell: u64,
    pub(super) old: u64,
    pub(super) new: u64,
    pub(super) slot: u32,
    /// Of memory: whether the new time of the last store is that of this access.
    pub(super) stores: bool,
}

/// The step that a row makes.
struct Step {
    pc: u64,
    next_pc: u64,
    target: u64,
    instruction: Instruction,
    operation: Operation,
    /// The destination register, which may be the sink, HI or LO.
    rd: u8,
    accesses: Vec<Access>,
    time: u32,
    /// When the word of memory that it accesses was stored to last.
    stored: u32,
}

/// Why the judge stops.
pub(super) enum Stop {
    Alone(String),
    Wrong(String),
}

/// A message: its bus, its fields and how often it counts.
pub(super) type Said = (String, Vec<u32>, Val);

/// What a row says.
pub(super) struct Messages {
    /// To other rows.
    pub(super) others: Vec<Said>,
    /// The products that it provides.
    provided: Vec<(String, Vec<u32>)>,
}

/// What a row says, without the messages to fixed tables, which are right. Otherwise the verdict.
pub(super) fn messages(table: AnyTable, row: &[Val], public: &[Val]) -> Result<Messages, Verdict> {
    let mut messages = Vec::new();
    let mut provided = Vec::new();
    let mut refused = None;
    let mut miscounted = None;
    let failed = evaluate(table, row, &[], public, |message| {
        let fields: Vec<u32> = message.fields.iter().map(PrimeField32::as_canonical_u32).collect();
        if table == AnyTable::Product && message.bus == "product" {
            provided.push((message.bus.to_owned(), fields));
            return;
        }
        let right = match message.bus {
            "range" => fields[1] <= range::MOST_BITS as u32 && fields[0] < 1 << fields[1],
            "byte" => fields[0] < 256 && fields[1] < 256 && fields[2] == fields[0] & fields[1],
            "power" => is_power(&fields),
            "product" => is_product(&fields),
            "result" => is_result(&fields),
            bus => {
                messages.push((bus.to_owned(), fields.clone(), message.count));
                return;
            }
        };
        // To send such a message would be to answer for a fixed table.
        if message.count != Val::NEG_ONE {
            miscounted = Some(format!("{} {fields:?} counts {}", message.bus, message.count));
        }
        if !right {
            refused = Some(format!("no row of the table {} has {fields:?}", message.bus));
        }
    });
    if let Some(constraint) = failed {
        return Err(Verdict::Refused(format!("constraint {constraint} of the table {}", table.name())));
    }
    if let Some(miscounted) = miscounted {
        return Err(Verdict::Wrong(miscounted));
    }
    if let Some(refused) = refused {
        return Err(Verdict::Refused(refused));
    }
    Ok(Messages { others: messages, provided })
}

/// Judges the row of a step, or an empty row.
pub(crate) fn judge(table: AnyTable, row: &[Val]) -> Verdict {
    let Messages { others: messages, provided } = match messages(table, row, &window()) {
        Ok(messages) => messages,
        Err(verdict) => return verdict,
    };
    if table == AnyTable::Product {
        return match provided.iter().find(|(_, fields)| !is_product(fields)) {
            Some(wrong) => Verdict::Wrong(format!("not a product: {wrong:x?}")),
            None if messages.is_empty() => Verdict::Right(provided),
            None => Verdict::Wrong(format!("messages that no product has: {messages:?}")),
        };
    }
    let said = messages.iter().map(|(bus, fields, _)| (bus.clone(), fields.clone())).collect();
    if messages.is_empty() {
        return Verdict::Right(said);
    }
    let checked = match table {
        AnyTable::Switch => switches::check_switch(&messages),
        AnyTable::Moved => switches::check_moved(&messages),
        _ => parse(&messages).and_then(|step| check(&step)),
    };
    match checked {
        Ok(()) => Verdict::Right(said),
        Err(Stop::Alone(why)) => Verdict::Alone(why),
        Err(Stop::Wrong(why)) => Verdict::Wrong(why),
    }
}

pub(super) fn alone<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Alone(why.into()))
}

pub(super) fn wrong<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Wrong(why.into()))
}

/// Whether the last 8 limbs are the product of the first 4 and the next 4.
pub(super) fn is_product(fields: &[u32]) -> bool {
    let word = |from: usize| limbs(&fields[from..from + 4]);
    let (Some(a), Some(b), Some(low), Some(high)) = (word(0), word(4), word(8), word(12)) else {
        return false;
    };
    u128::from(a) * u128::from(b) == u128::from(high) << 64 | u128::from(low)
}

/// Whether a row of the table of results has these fields.
pub(super) fn is_result(fields: &[u32]) -> bool {
    static RESULTS: OnceLock<HashSet<Vec<u32>>> = OnceLock::new();
    let results = || {
        let numbers =
            |row: &CallOutcome<Val>| row.cells().iter().map(PrimeField32::as_canonical_u32).collect();
        outcomes().iter().map(numbers).collect()
    };
    RESULTS.get_or_init(results).contains(fields)
}

/// Whether the last two numbers are powers of two that make 2^16 together. The first one is 2^bits, where `bits` is 0 to 15
/// for a left shift (0) and 1 to 16 for a right shift (1).
pub(super) fn is_power(fields: &[u32]) -> bool {
    let &[right, bits, power, rest] = fields else { return false };
    let most = match right {
        0 => 0..=15,
        1 => 1..=16,
        _ => return false,
    };
    most.contains(&bits) && power == 1 << bits && u64::from(power) * u64::from(rest) == 1 << 16
}

/// The word of four limbs. `None` if one is not below 2^16.
pub(super) fn limbs(fields: &[u32]) -> Option<u64> {
    fields.iter().rev().try_fold(0, |word, &limb| (limb < 1 << 16).then(|| word << 16 | u64::from(limb)))
}

/// The code address of a field.
pub(super) fn address(words: u32) -> Result<u64, Stop> {
    if words < 1 << 30 {
        Ok(WINDOW << 32 | u64::from(words) << 2)
    } else {
        alone("an address outside the code window")
    }
}

fn parse(messages: &[(String, Vec<u32>, Val)]) -> Result<Step, Stop> {
    let of = |bus: &str| messages.iter().filter(move |message| message.0 == bus).collect::<Vec<_>>();
    if let Some(message) = messages.iter().find(|message| message.2 != Val::ONE && message.2 != Val::NEG_ONE)
    {
        return wrong(format!("a message that counts {}: {message:?}", message.2));
    }
    let exec = of("exec");
    let [(_, before, minus), (_, after, plus)] = exec[..] else { return wrong("not one step") };
    let prog = of("prog");
    let [(_, prog, took)] = prog[..] else { return wrong("not one instruction") };
    if *minus != Val::NEG_ONE || *plus != Val::ONE || *took != Val::NEG_ONE {
        return wrong("a step the wrong way round");
    }
    let (&[time, pc, next_pc], &[later, then, target]) = (&before[..], &after[..]) else {
        return wrong("not a message of exec");
    };
    if time >= 1 << 24 || time % SLOTS != 0 {
        return alone("a time that no step has");
    }
    if later != time + SLOTS || then != next_pc || prog[0] != pc {
        return wrong("steps do not follow each other");
    }
    let (pc, next_pc) = (address(pc)?, address(next_pc)?);
    // A jump to a register may go anywhere in the window only.
    let target = address(target)?;
    let (operation, instruction, rd) = instruction(prog, pc, next_pc)?;
    let mut accesses = Vec::new();
    let stored = of("mem").first().map_or(0, |(_, fields, _)| fields[9]);
    if stored >= time {
        return alone("a time at which no store can have been");
    }
    let mut others = messages.iter().filter(|message| message.0 != "exec" && message.0 != "prog");
    while let (Some(received), sent) = (others.next(), others.next()) {
        let Some(sent) = sent else { return wrong(format!("half an access: {received:?}")) };
        accesses.push(access(received, sent, time)?);
    }
    Ok(Step { pc, next_pc, target, instruction, operation, rd, accesses, time, stored })
}

/// The instruction that a message of the program has.
fn instruction(fields: &[u32], pc: u64, next_pc: u64) -> Result<(Operation, Instruction, u8), Stop> {
    let [_, op, rd, rs, rt, low, high, ones] = fields[..] else { return wrong("not a message of prog") };
    if rs > 33 || rt > 31 || (rd > 33 && rd != u32::from(SINK)) {
        return alone("a register that no instruction has");
    }
    let (rd, rs, rt) = (rd as u8, rs as u8, rt as u8);
    let named = |op: Op, imm: i32| Instruction { op, rs, rt, rd: if rd == SINK { 0 } else { rd }, imm };
    if op == u32::from(Operation::Nop.number()) || op == u32::from(Operation::Move.number()) {
        if low != 0 || high != 0 || ones != 0 {
            return alone("an immediate that the operation does not have");
        }
        let operation =
            if op == u32::from(Operation::Nop.number()) { Operation::Nop } else { Operation::Move };
        return Ok((operation, named(Op::Sll, 0), rd));
    }
    let Some(&op) = Op::ALL.get(op as usize) else { return alone("an operation that does not exist") };
    if rs > 31 {
        return alone("a register that the operation does not read");
    }
    if rd > 31 && rd != SINK {
        return alone("a register that only a move writes");
    }
    let imm = match op.family() {
        Family::Branch(_) => {
            let offset = address(low)?.wrapping_sub(pc.wrapping_add(4)) as i64;
            if !(-(1 << 17)..1 << 17).contains(&offset) {
                return alone("a branch that goes too far");
            }
            offset as i32
        }
        Family::Jump(Jump::Region) => {
            if address(low)? & !0xfff_ffff != next_pc & !0xfff_ffff {
                return alone("a jump to another region");
            }
            (address(low)? & 0xfff_ffff) as i32
        }
        _ => {
            if low >= 1 << 16 || high >= 1 << 16 || ones > 1 {
                return alone("an immediate that is no word");
            }
            let word = u64::from(high) << 16 | u64::from(low);
            let word = if ones == 1 { word | !0xffff_ffff } else { word };
            let Ok(imm) = i32::try_from(word as i64) else {
                return alone("an immediate that no instruction has");
            };
            imm
        }
    };
    if matches!(op.family(), Family::Shift) && !(0..64).contains(&imm) {
        return alone("a shift by more than 63");
    }
    Ok((Operation::Op(op), named(op, imm), rd))
}

/// An access, from the two messages that make it.
pub(super) fn access(
    (bus, received, minus): &(String, Vec<u32>, Val),
    (other, sent, plus): &(String, Vec<u32>, Val),
    time: u32,
) -> Result<Access, Stop> {
    if bus != other || *minus != Val::NEG_ONE || *plus != Val::ONE {
        return wrong(format!("not an access: {bus} {received:?}, then {other} {sent:?}"));
    }
    let cell_fields = match bus.as_str() {
        "reg" | "sys" => 1,
        "mem" => 4,
        _ => return wrong(format!("an access to {bus}")),
    };
    let (cell, rest) = received.split_at(cell_fields);
    let (same, new) = sent.split_at(cell_fields);
    if cell != same {
        return wrong("an access to two cells");
    }
    let cell = match (bus.as_str(), cell) {
        ("reg", [register]) => {
            if *register > 33 && *register != u32::from(SINK) {
                return alone("a register that does not exist");
            }
            u64::from(*register)
        }
        ("sys", [cell]) => {
            if *cell >= 4 * SYSTEM_LEAVES as u32 {
                return alone("a cell that does not exist");
            }
            u64::from(*cell)
        }
        (_, cell) => match limbs(cell) {
            Some(address) if address & !WORD_MASK == 0 => address,
            _ => return alone("an address of no word"),
        },
    };
    let Some(old) = limbs(&rest[..4]) else { return alone("a word with a limb of more than 16 bits") };
    if bus == "reg" && cell == 0 && old != 0 {
        return alone("register 0 that is not 0");
    }
    let Some(new_value) = limbs(&new[..4]) else {
        return wrong("a new word with a limb of more than 16 bits");
    };
    let slot = new[4].wrapping_sub(time);
    if slot >= SLOTS {
        return wrong("an access outside the step");
    }
    let before = rest[4];
    let gap = Val::from_u32(new[4]) - Val::from_u32(before) - Val::ONE;
    if gap.as_canonical_u32() >= 1 << GAP_BITS {
        return wrong("an access before the one before it");
    }
    let stores = bus == "mem" && new[5] == new[4];
    if bus == "mem" && !stores && new[5] != rest[5] {
        return wrong("a time of the last store that is neither the old nor the new one");
    }
    Ok(Access { bus: bus.clone(), cell, old, new: new_value, slot, stores })
}

/// The cells of the reservation, before a step that makes or uses one.
struct Linked {
    /// The last reservation, which may have been lost since.
    last: Reserved,
    /// When it was made.
    made: u64,
    thread: u64,
}

impl Linked {
    /// What the row says that the cells hold. `None` if the operation has nothing to do with reservations.
    fn of(op: Op, step: &Step) -> Result<Option<Self>, Stop> {
        if !matches!(op, Op::Ll | Op::Lld | Op::Sc | Op::Scd) {
            return Ok(None);
        }
        let old = |cell: u32| {
            let mut found =
                step.accesses.iter().filter(|access| access.bus == "sys" && access.cell == cell.into());
            match (found.next(), found.next()) {
                (Some(access), None) => Ok(access.old),
                _ => wrong(format!("cell {cell} is not accessed once")),
            }
        };
        let reservation = SystemCell::Reservation as u32;
        let last = Reserved {
            status: old(reservation)?,
            address: old(reservation + 1)?,
            owner: old(reservation + 2)?,
        };
        let (made, thread) = (old(SystemCell::ReservedAt as u32)?, old(SystemCell::Thread as u32)?);
        if last.status > 2 {
            return alone("a status that does not exist");
        }
        if made >= step.time.into() || made % u64::from(SLOTS) != 0 {
            return alone("a time at which no reservation can have been made");
        }
        Ok(Some(Self { last, made, thread }))
    }

    /// What is still reserved. It is right only if the word at the address is the reserved one; of another one it may say
    /// too little, but then a conditional store fails in any case.
    fn stands(&self, stored: u32) -> Reserved {
        if u64::from(stored) > self.made { Reserved::default() } else { self.last }
    }
}

/// Compares the step with what the machine does.
fn check(step: &Step) -> Result<(), Stop> {
    let value = |slot: Slot, bus: &str| {
        step.accesses.iter().find(|access| access.slot == slot as u32 && access.bus == bus)
    };
    let Instruction { op, rs, rt, .. } = step.instruction;
    let mut cpu = Cpu::at(step.pc);
    cpu.next_pc = step.next_pc;
    let mut expected = Vec::new();
    let mut expect = |bus: &str, cell: u64, slot: Slot, old: u64, new: u64, stores: bool| {
        expected.push(Access { bus: bus.to_owned(), cell, old, new, slot: slot as u32, stores });
    };
    let old_of = |slot: Slot, bus: &str| value(slot, bus).map_or(0, |access| access.old);
    match step.operation {
        Operation::Nop => cpu.advance(),
        Operation::Move => {
            let copied = old_of(Slot::Rs, "reg");
            expect("reg", rs.into(), Slot::Rs, copied, copied, false);
            expect("reg", step.rd.into(), Slot::Rd, old_of(Slot::Rd, "reg"), copied, false);
            cpu.advance();
        }
        Operation::Op(op_) => {
            let operands = op.operands();
            debug_assert_eq!(op, op_);
            let mut known = [None; 37];
            let mut learn = |register: u8, value: u64| match known[register as usize].replace(value) {
                Some(other) if other != value => alone("two values of one register"),
                _ => Ok(()),
            };
            for (reads, register, slot) in [(operands.rs, rs, Slot::Rs), (operands.rt, rt, Slot::Rt)] {
                if reads {
                    let value = old_of(slot, "reg");
                    learn(register, value)?;
                    cpu.set(register, value);
                    expect("reg", register.into(), slot, value, value, false);
                }
            }
            let destination = step.rd;
            let old = old_of(Slot::Rd, "reg");
            if operands.destination != Destination::None {
                learn(destination, old)?;
                if operands.reads_destination && destination != SINK {
                    cpu.set(destination, old);
                }
            }
            let word = old_of(Slot::Middle, "mem");
            let mut bus = OneWord::of(word);
            let linked = Linked::of(op, step)?;
            if let Some(linked) = &linked {
                (bus.reserved, bus.thread) = (linked.stands(step.stored), linked.thread);
            }
            let outcome = match operate(step.instruction, &mut cpu, &mut bus) {
                Ok(outcome) => outcome,
                Err(trap) => return wrong(format!("the machine does not execute it: {trap:?}")),
            };
            if let Some(address) = bus.address {
                expect("mem", address, Slot::Middle, word, bus.word, bus.stored);
            }
            if let Some(linked) = linked {
                let links = matches!(op, Op::Ll | Op::Lld);
                let now = if links || bus.stored { bus.reserved } else { linked.last };
                let made = if links { step.time.into() } else { linked.made };
                for (cell, old, new) in [
                    (SystemCell::Reservation as u64, linked.last.status, now.status),
                    (SystemCell::Reservation as u64 + 1, linked.last.address, now.address),
                    (SystemCell::Reservation as u64 + 2, linked.last.owner, now.owner),
                    (SystemCell::ReservedAt as u64, linked.made, made),
                    (SystemCell::Thread as u64, linked.thread, linked.thread),
                ] {
                    expect("sys", cell, Slot::Middle, old, new, false);
                }
            }
            let result = match outcome {
                Outcome::Result(value) => {
                    cpu.advance();
                    value
                }
                Outcome::Jump => step.pc.wrapping_add(8),
            };
            if operands.writes.contains(HI) {
                if destination != SINK {
                    return wrong("the machine also writes 0 to the destination");
                }
                expect("reg", HI.into(), Slot::Middle, old_of(Slot::Middle, "reg"), cpu.hi, false);
                expect("reg", LO.into(), Slot::Rd, old, cpu.lo, false);
            } else if operands.destination != Destination::None {
                let kept = operands.reads_destination && destination == SINK;
                let new = if kept { old_if_kept(step, old, result) } else { result };
                expect("reg", destination.into(), Slot::Rd, old, new, false);
            }
        }
    }
    let mut accesses = step.accesses.clone();
    let order = |access: &Access| (access.slot, access.bus.clone(), access.cell);
    accesses.sort_by_key(order);
    expected.sort_by_key(order);
    if accesses != expected {
        return wrong(format!(
            "{:?} {:?}: said {accesses:x?}, expected {expected:x?}",
            step.operation, step.instruction
        ));
    }
    if cpu.pc != step.next_pc || cpu.next_pc != step.target {
        return wrong(format!("goes to {:#x}, expected {:#x}", step.target, cpu.next_pc));
    }
    Ok(())
}

/// What a conditional move to the sink leaves there: any of the two values, since no instruction reads it.
fn old_if_kept(step: &Step, old: u64, result: u64) -> u64 {
    let said = step
        .accesses
        .iter()
        .find(|access| access.slot == Slot::Rd as u32)
        .map_or(result, |access| access.new);
    if said == old { old } else { result }
}
