//! Statistics of a run, for `--debug-info`.
//!
//! The counted events happen in exact steps, in the interpreter (a store to the reserved word), or in helpers of
//! compiled code (load-linked and store-conditional). All of these call the observer. Far fetches are counted by block.

use super::{Observer, Switch};
use crate::{
    memory::MemoryView,
    state::{LlStatus, Reservation, Thread},
};
use tribunal_mips::{Cpu, Instruction};

/// The last load-linked is kept for at most this many threads, as in Cannon.
const LINKED_THREADS: usize = 5;
/// Cannon decodes code below this address in advance, and counts fetches from this address on.
const FAR_CODE: u64 = 128 << 20;

/// What a program did, counted as Cannon does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Store-conditionals that stored.
    pub rmw_successes: u64,
    /// Store-conditionals that did not.
    pub rmw_failures: u64,
    /// The most steps from a load-linked to its thread's next store-conditional.
    pub longest_rmw: u64,
    /// Reservations lost to a plain store.
    pub reservations_lost: u64,
    /// How often a thread was preempted.
    pub preemptions: u64,
    /// Steps during which thread 0 did not run. They are added when it runs again.
    pub idle_steps_thread_0: u64,
    /// Fetches of instructions from addresses of 128 MiB or more.
    pub far_fetches: FarFetches,
}

/// Fetches of instructions from addresses of 128 MiB or more.
///
/// The layout is fixed, because compiled code adds to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct FarFetches {
    /// How many there were.
    pub count: u64,
    /// The highest address.
    pub highest: u64,
}

impl FarFetches {
    /// The fetches of `steps` instructions in a row that begins at `pc`.
    pub(crate) fn of(pc: u64, steps: u64) -> Self {
        let addresses = (0..steps).map(|step| pc.wrapping_add(4 * step)).filter(|&pc| pc >= FAR_CODE);
        addresses.fold(Self::default(), |sum, pc| Self { count: sum.count + 1, highest: sum.highest.max(pc) })
    }

    /// Adds others.
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.highest = self.highest.max(other.highest);
    }
}

/// The observer that keeps the statistics.
#[derive(Default)]
pub(crate) struct Counter {
    stats: Stats,
    /// Steps made before the one that is being made.
    step: u64,
    /// The thread and step of each load-linked that no store-conditional has followed yet, oldest first.
    linked: Vec<(u64, u64)>,
    running: u64,
    thread_0_left_at: u64,
}

impl Counter {
    pub(super) const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Sets the step that the next events belong to. `step` others were made before it.
    pub(crate) const fn at_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Adds fetches that were counted elsewhere.
    pub(crate) fn add_far_fetches(&mut self, fetches: FarFetches) {
        self.stats.far_fetches.add(fetches);
    }
}

impl Observer for Counter {
    fn begin(&mut self, step: u64) {
        self.at_step(step);
    }

    fn fetch(&mut self, _memory: &mut MemoryView<'_>, cpu: &Cpu, _instruction: Instruction) {
        self.add_far_fetches(FarFetches::of(cpu.pc, 1));
    }

    fn reservation(&mut self, _old: &Reservation, new: &Reservation) {
        if new.status == LlStatus::None {
            return;
        }
        self.linked.retain(|(thread, _)| *thread != new.owner);
        if self.linked.len() == LINKED_THREADS {
            self.linked.remove(0);
        }
        self.linked.push((new.owner, self.step));
    }

    fn conditional(&mut self, thread: u64, _address: u64, stored: bool) {
        *(if stored { &mut self.stats.rmw_successes } else { &mut self.stats.rmw_failures }) += 1;
        if let Some(at) = self.linked.iter().position(|(linked, _)| *linked == thread) {
            let (_, linked) = self.linked.remove(at);
            self.stats.longest_rmw = self.stats.longest_rmw.max(self.step.wrapping_sub(linked));
        }
    }

    fn reservation_lost(&mut self, _reservation: &Reservation) {
        self.stats.reservations_lost += 1;
    }

    fn switch(&mut self, reason: Switch, _from: &Thread, to: &Thread) {
        match reason {
            Switch::Preempted => self.stats.preemptions += 1,
            Switch::Yielded => {}
            // Cannon does not count these.
            Switch::Cloned | Switch::Exited => return,
        }
        if self.running == 0 && to.id != 0 {
            self.thread_0_left_at = self.step;
        } else if self.running != 0 && to.id == 0 {
            self.stats.idle_steps_thread_0 += self.step.wrapping_sub(self.thread_0_left_at);
        }
        self.running = to.id;
    }
}
