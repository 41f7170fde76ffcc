//! How a row is made.

use super::StayRow;
use crate::{bus::Step, stark::Val, trace::Written};
use p3_field::PrimeCharacteristicRing;

/// A step in which the running thread is preempted and runs on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preempted {
    /// When it begins.
    pub(crate) time: u32,
    /// The program counters, as an instruction that is executed has them.
    pub(crate) pc: u32,
    pub(crate) next_pc: u32,
    /// The accesses to the number of threads on the left stack and on the right one, to the direction, and to the last
    /// switch.
    pub(crate) threads: [Written; 2],
    pub(crate) direction: Written,
    pub(crate) switch: Written,
}

impl StayRow<Val> {
    pub(crate) fn new(preempted: &Preempted) -> Self {
        let Preempted { time, pc, next_pc, threads, direction, switch } = preempted;
        let two = |number: u64| [number & 0xffff, number >> 16].map(Val::from_u64);
        Self {
            step: Step {
                time: Val::from_u32(*time),
                pc: Val::from_u32(*pc),
                next_pc: Val::from_u32(*next_pc),
            },
            real: Val::ONE,
            right: Val::from_u64(direction.old),
            threads: threads.map(|stack| Val::from_u64(stack.old)),
            new_threads: threads.map(|stack| Val::from_u64(stack.new)),
            threads_before: threads.map(|stack| Val::from_u32(stack.before)),
            direction_before: Val::from_u32(direction.before),
            switch_before: Val::from_u32(switch.before),
            switch: two(switch.old),
            new_switch: two(switch.new),
        }
    }
}
