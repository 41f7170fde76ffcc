//! How a row is made.

use super::SwitchRow;
use crate::{stark::Val, trace::Written, word::word};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_vm::Switch as Reason;

/// A switch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switched {
    /// When the step begins.
    pub(crate) time: u32,
    pub(crate) reason: Reason,
    /// The counters of the thread that ran, and of the one that runs from now on, in words from the start of the code window.
    pub(crate) counters: [[u32; 2]; 2],
    /// Whether the right stack was the active one.
    pub(crate) right: bool,
    /// The accesses to the numbers of threads, on the active stack and on the other one; to the direction, and to the last
    /// switch.
    pub(crate) stacks: [Written; 2],
    pub(crate) direction: Written,
    pub(crate) switch: Written,
    /// What moves, if another thread runs from now on.
    pub(crate) moves: Option<Moves>,
}

/// The accesses of a switch to another thread.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moves {
    /// To the number of the running thread.
    pub(crate) thread: Written,
    /// The first cell of the record that a thread moves to, and the accesses to its counters and its number.
    pub(crate) to: Option<(u32, [Written; 3])>,
    /// The same of the record from which a thread comes.
    pub(crate) from: Option<(u32, [Written; 3])>,
}

impl SwitchRow<Val> {
    pub(crate) fn new(switched: &Switched) -> Self {
        let Switched { time, reason, counters, right, stacks, direction, switch, moves } = *switched;
        let is = |other: Reason| Val::from_bool(reason == other);
        let turns = direction.old != direction.new;
        let gives_way = matches!(reason, Reason::Preempted | Reason::Yielded);
        let two = |number: u64| [number & 0xffff, number >> 16].map(Val::from_u64);
        let addresses = |there: bool, counters: [u32; 2]| {
            counters.map(|counter| {
                if there { [counter & 0x3fff, counter >> 14] } else { [0; 2] }.map(Val::from_u32)
            })
        };
        let moves = moves.unwrap_or_default();
        let before = |record: Option<(u32, [Written; 3])>| {
            let cells = record.map_or([Written::default(); 3], |(_, cells)| cells);
            cells.map(|cell| Val::from_u32(cell.before))
        };
        let start = |record: Option<(u32, [Written; 3])>| Val::from_u32(record.map_or(0, |(start, _)| start));
        let top = stacks[usize::from(turns)].new.wrapping_sub(1);
        Self {
            time: Val::from_u32(time),
            counters: counters[0].map(Val::from_u32),
            preempted: is(Reason::Preempted),
            yields: is(Reason::Yielded),
            clones: is(Reason::Cloned),
            dropped: is(Reason::Exited),
            turns: Val::from_bool(turns),
            rotates: Val::from_bool(gives_way && !turns),
            right: Val::from_bool(right),
            new_right: Val::from_u64(direction.new),
            active: Val::from_u64(stacks[0].old),
            waiting: Val::from_u64(stacks[1].old),
            active_before: Val::from_u32(stacks[0].before),
            waiting_before: Val::from_u32(stacks[1].before),
            direction_before: Val::from_u32(direction.before),
            switch_before: Val::from_u32(switch.before),
            switch: two(switch.old),
            new_switch: two(switch.new),
            address: addresses(reason != Reason::Exited, counters[0]),
            new_counters: counters[1].map(Val::from_u32),
            new_address: addresses(moves.from.is_some(), counters[1]),
            thread: moves.thread.replaced(),
            new_thread: word(moves.thread.new),
            depth: if moves.from.is_some() { Val::from_u64(top) } else { Val::ZERO },
            to: start(moves.to),
            from: start(moves.from),
            to_before: before(moves.to),
            from_before: array::from_fn(|place| before(moves.from)[place]),
        }
    }
}
