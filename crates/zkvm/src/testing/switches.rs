//! Judges the rows of switches by the rules of the VM's scheduler, and not by their cells.

use super::{
    instructions::WINDOW,
    judge::{Said, Stop, address, alone, limbs, wrong},
};
use crate::{
    bus::{GAP_BITS, SLOTS, Slot},
    stark::Val,
    statement::{Position, SystemCell, record},
    tables::{QUANTUM, REGISTERS, SWITCH_OFFSET},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::BTreeMap;

/// An access to a cell of the machine's own state: the values before and after.
type Cells = BTreeMap<u32, [u64; 2]>;

/// Demands that what a row receives are words: no other row sends anything else.
fn receives_words(said: &[Said]) -> Result<(), Stop> {
    let received =
        said.iter().filter(|(bus, _, count)| ["reg", "sys"].contains(&&bus[..]) && *count == Val::NEG_ONE);
    for (_, fields, _) in received {
        if limbs(&fields[1..5]).is_none() {
            return alone("a word with a limb of more than 16 bits");
        }
    }
    Ok(())
}

/// The accesses to cells of one bus, which must all be in the slot of memory.
fn cells(said: &[&Said], time: u32) -> Result<Cells, Stop> {
    let mut cells = Cells::new();
    for pair in said.chunks(2) {
        let &[(_, received, minus), (_, sent, plus)] = pair else { return wrong("half an access") };
        if *minus != Val::NEG_ONE || *plus != Val::ONE || received[0] != sent[0] {
            return wrong(format!("not an access: {received:?}, {sent:?}"));
        }
        let at = time + Slot::Middle as u32;
        if sent[5] != at {
            return wrong("an access in another slot");
        }
        // The first access of a segment may count from a time before 0.
        let gap = Val::from_u32(at) - Val::from_u32(received[5]) - Val::ONE;
        if gap.as_canonical_u32() >= 1 << GAP_BITS {
            return wrong("an access that does not follow the one before");
        }
        let Some(old) = limbs(&received[1..5]) else {
            return alone("a word with a limb of more than 16 bits");
        };
        let Some(new) = limbs(&sent[1..5]) else {
            return wrong("a new word with a limb of more than 16 bits");
        };
        if cells.insert(received[0], [old, new]).is_some() {
            return wrong("two accesses to one cell");
        }
    }
    Ok(cells)
}

/// Checks the row of a switch. The stacks before it are in its messages; what the machine does then is written here once more.
pub(super) fn check_switch(said: &[Said]) -> Result<(), Stop> {
    if let Some(message) = said.iter().find(|message| message.2 != Val::ONE && message.2 != Val::NEG_ONE) {
        return wrong(format!("a message that counts {}: {message:?}", message.2));
    }
    receives_words(said)?;
    let of = |bus: &str, count: Val| -> Vec<&Said> {
        said.iter().filter(|message| message.0 == bus && message.2 == count).collect()
    };
    let [(_, after, _)] = of("exec", Val::ONE)[..] else { return wrong("not one step") };
    let (time, pc, next_pc, call) = match (&of("exec", Val::NEG_ONE)[..], &of("yield", Val::NEG_ONE)[..]) {
        ([(_, before, _)], []) => (before[0], before[1], before[2], None),
        ([], [(_, before, _)]) => (before[0], before[1], before[2], Some(before[3])),
        _ => return wrong("not one beginning"),
    };
    if !of("yield", Val::ONE).is_empty() {
        return wrong("answers for a call");
    }
    if time >= 1 << 24 || time % SLOTS != 0 || time == 0 {
        return alone("a time that no step has");
    }
    let clones = match call {
        Some(0) | None => false,
        Some(1) => true,
        Some(_) => return alone("another call"),
    };
    let dead = call.is_none() && pc == Position::DEAD;
    if dead && next_pc > 255 {
        return alone("an exit code that does not exist");
    }
    if call.is_none() && pc == Position::EXITED {
        return wrong("the program has exited");
    }
    let sys: Vec<&Said> = said.iter().filter(|message| message.0 == "sys").collect();
    let mut cells = cells(&sys, time)?;
    let mut take = |cell: u32| cells.remove(&cell).ok_or_else(|| Stop::Wrong(format!("no access to {cell}")));
    let stacks = [take(SystemCell::Left as u32)?, take(SystemCell::Right as u32)?];
    let direction = take(SystemCell::Direction as u32)?;
    let switch = take(SystemCell::SinceSwitch as u32)?;
    let right = match direction[0] {
        0 => false,
        1 => true,
        _ => return alone("a direction that does not exist"),
    };
    let [active, waiting] = if right { [stacks[1], stacks[0]] } else { stacks };
    if active[0] == 0 {
        return alone("no thread");
    }
    // The scheduler.
    let mut size = [active[0] as i64, waiting[0] as i64];
    let (mut to, mut from) = (None, None);
    let side = |active: bool| u32::from(right == active);
    let gives_way = !clones && !dead;
    if clones {
        to = Some(record::start(side(true), size[0] as u32 - 1));
        size[0] += 1;
    } else {
        size[0] -= 1;
    }
    let turns = size[0] == 0;
    if gives_way {
        if !turns {
            to = Some(record::start(side(false), size[1] as u32));
        }
        size[1] += 1;
    }
    if !clones && (dead || !turns) {
        let (side, top) = if turns { (side(false), size[1]) } else { (side(true), size[0]) };
        if top == 0 {
            return wrong("drops the last thread");
        }
        from = Some(record::start(side, top as u32 - 1));
    }
    if [active[1] as i64, waiting[1] as i64] != size || direction[1] != u64::from(right ^ turns) {
        return wrong(format!("stacks are {stacks:?} {direction:?}, expected {size:?} {turns}"));
    }
    let step = u64::from(time / SLOTS + SWITCH_OFFSET);
    let Some(since) = step.checked_sub(switch[0]) else { return alone("a switch that is to come") };
    let quantum = u64::from(QUANTUM);
    let right_time = match (call.is_some(), dead) {
        (true, _) => since < quantum,
        (false, true) => since <= quantum,
        (false, false) => since == quantum,
    };
    if !right_time {
        return wrong(format!("a switch after {since} steps"));
    }
    if switch[1] != step + 1 {
        return wrong("another step than the next one is the first");
    }
    let mut counters = [pc, next_pc];
    if !dead {
        address(pc)?;
        address(next_pc)?;
    }
    let words = |address: u64| if address >> 32 == WINDOW { Some(address as u32 >> 2) } else { None };
    if to.is_some() || from.is_some() {
        let thread = take(SystemCell::Thread as u32)?;
        if let Some(start) = to {
            let code = |counter: u32| WINDOW << 32 | u64::from(counter) << 2;
            for (cell, value) in
                [(record::PC, code(pc)), (record::NEXT_PC, code(next_pc)), (record::THREAD, thread[0])]
            {
                let [old, new] = take(start + cell)?;
                if old != 0 {
                    return alone("a place that is not free");
                }
                if new != value {
                    return wrong(format!("{cell} of the record becomes {new:x}, not {value:x}"));
                }
            }
        }
        if let Some(start) = from {
            let [pc, next_pc, id] =
                [take(start + record::PC)?, take(start + record::NEXT_PC)?, take(start + record::THREAD)?];
            if [pc, next_pc, id].iter().any(|[_, new]| *new != 0) {
                return wrong("a record stays");
            }
            for (counter, [old, _]) in counters.iter_mut().zip([pc, next_pc]) {
                match words(old) {
                    Some(words) if old % 4 == 0 => *counter = words,
                    _ => return wrong("a thread that cannot run"),
                }
            }
            if thread[1] != id[0] {
                return wrong("another thread");
            }
        } else if thread[1] != thread[0] {
            return wrong("another number");
        }
        let chain = [time, 0, to.unwrap_or(0), from.unwrap_or(0), to.is_some().into(), from.is_some().into()];
        let last = {
            let mut last = chain;
            last[1] = REGISTERS.into();
            last
        };
        let ([(_, sent, _)], [(_, received, _)]) =
            (&of("switch", Val::ONE)[..], &of("switch", Val::NEG_ONE)[..])
        else {
            return wrong("registers that do not move once");
        };
        if **sent != chain || **received != last {
            return wrong(format!("moves registers otherwise: {sent:?} {received:?}, expected {chain:?}"));
        }
    } else if said.iter().any(|message| message.0 == "switch") {
        return wrong("registers that move");
    }
    if !cells.is_empty() {
        return wrong(format!("more accesses: {cells:?}"));
    }
    if **after != [time + SLOTS, counters[0], counters[1]] {
        return wrong(format!("goes to {after:?}, expected {counters:?}"));
    }
    Ok(())
}

/// Checks the row of a moved register. The row of the switch decides which records there are.
pub(super) fn check_moved(said: &[Said]) -> Result<(), Stop> {
    if let Some(message) = said.iter().find(|message| message.2 != Val::ONE && message.2 != Val::NEG_ONE) {
        return wrong(format!("a message that counts {}: {message:?}", message.2));
    }
    receives_words(said)?;
    let of = |bus: &str| said.iter().filter(|message| message.0 == bus).collect::<Vec<&Said>>();
    let [(_, before, minus), (_, after, plus)] = of("switch")[..] else { return wrong("not one register") };
    let &[time, number, to, from, leaves, comes] = &before[..] else { return wrong("not a message") };
    let mut next = before.clone();
    next[1] = (Val::from_u32(number) + Val::ONE).as_canonical_u32();
    if *minus != Val::NEG_ONE || *plus != Val::ONE || next != *after {
        return wrong("registers do not follow each other");
    }
    let records = leaves > 1 || comes > 1 || leaves + comes == 0 || leaves + comes == 2 && to == from;
    let starts = |start: u32, there: u32| {
        there == 0 || start.is_multiple_of(record::STRIDE) && (record::STRIDE..1 << 24).contains(&start)
    };
    if records
        || number >= REGISTERS.into()
        || !starts(to, leaves)
        || !starts(from, comes)
        || time % SLOTS != 0
        || time >= 1 << 24
    {
        return alone("a register of no switch");
    }
    let registers = cells(&of("reg"), time)?;
    let mut records = cells(&of("sys"), time)?;
    let (1, Some([old, new])) = (registers.len(), registers.get(&number)) else {
        return wrong("another register");
    };
    if leaves == 1 {
        match records.remove(&(to + number)) {
            Some([0, stored]) if stored == *old => {}
            Some([0, _]) | None => return wrong("another value in the record"),
            Some(_) => return alone("a place that is not free"),
        }
    }
    let expected = if comes == 1 {
        match records.remove(&(from + number)) {
            Some([value, 0]) => value,
            _ => return wrong("a record stays"),
        }
    } else {
        *old
    };
    if expected != *new || !records.is_empty() {
        return wrong(format!("becomes {new:x}, expected {expected:x}; {records:?}"));
    }
    Ok(())
}
