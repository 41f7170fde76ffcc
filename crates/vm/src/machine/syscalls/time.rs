//! `clock_gettime`: time is derived from the number of steps.

use super::{Arguments, Returned, errno};
use crate::{
    error::Fault,
    machine::{Observer, Step},
};
use tribunal_mips::WORD_MASK;

const REALTIME: u64 = 0;
const MONOTONIC: u64 = 1;
const STEPS_PER_SECOND: u64 = 10_000_000;
const NANOSECONDS_PER_STEP: u64 = 1_000_000_000 / STEPS_PER_SECOND;

impl<O: Observer> Step<'_, O> {
    /// `clock_gettime`: stores the seconds and the nanoseconds of clock `a0` in two 8-byte words at `a1`. The monotonic
    /// clock counts from the start of the program. The wall clock always shows the start of 1970.
    pub(super) fn clock_gettime(&mut self, arguments: Arguments) -> Result<Returned, Fault> {
        let steps = match arguments.a0 {
            REALTIME => 0,
            MONOTONIC => self.core.state.step,
            _ => return Ok(Returned::failed(errno::EINVAL)),
        };
        let first = arguments.a1 & WORD_MASK;
        self.store(first, steps / STEPS_PER_SECOND)?;
        let second = first.wrapping_add(8);
        self.store(second, steps % STEPS_PER_SECOND * NANOSECONDS_PER_STEP)?;
        Ok(Returned::ok(0))
    }
}
