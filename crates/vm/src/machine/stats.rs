//! Statistics of a program's steps, for the command-line option `--debug-info`.
//!
//! The [`Counter`] is an observer. Exact steps, the interpreter, and the helpers that compiled code calls for
//! load-linked and store-conditional report most events to it. Far fetches (see [`FarFetches`]) are too frequent for
//! that, so the interpreter and compiled code count them by block.

use super::{Observer, Switch};
use crate::{
    memory::MemoryView,
    state::{LlStatus, Reservation, Thread},
};
use tribunal_mips::{Cpu, Instruction};

/// As in Cannon, the last load-linked is remembered for at most this many threads.
const MAX_LINKED_THREADS: usize = 5;
/// Cannon decodes the code below this address in advance. It counts the fetches from this address up (*far* fetches).
const FAR_START: u64 = 128 << 20;

/// What a program did, counted as Cannon does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of store-conditionals that stored. (RMW: read-modify-write.)
    pub rmw_successes: u64,
    /// The number of store-conditionals that did not store.
    pub rmw_failures: u64,
    /// The most steps from a load-linked to the next store-conditional of the same thread.
    pub longest_rmw: u64,
    /// The number of reservations that a plain store cleared.
    pub reservations_lost: u64,
    /// How often a thread was preempted.
    pub preemptions: u64,
    /// The number of steps during which thread 0 did not run. Each such period is added when it ends. As in Cannon, no
    /// period begins or ends when a thread is created or exits.
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
    /// The number of fetches.
    pub count: u64,
    /// The highest address; 0 if there were none.
    pub highest: u64,
}

impl FarFetches {
    /// The far fetches among those of `steps` consecutive instructions, the first of which is at `pc`.
    pub(crate) fn of(pc: u64, steps: u64) -> Self {
        let addresses = (0..steps).map(|step| pc.wrapping_add(4 * step)).filter(|&pc| pc >= FAR_START);
        addresses.fold(Self::default(), |sum, pc| Self { count: sum.count + 1, highest: sum.highest.max(pc) })
    }

    /// Adds the fetches `other` to these.
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.highest = self.highest.max(other.highest);
    }
}

/// The observer that keeps the statistics.
#[derive(Default)]
pub(crate) struct Counter {
    stats: Stats,
    /// The number of steps before the current one.
    step: u64,
    /// For each thread whose last load-linked has not been followed by a store-conditional: its id, and the step of the
    /// load-linked. Oldest first.
    linked: Vec<(u64, u64)>,
    /// The id of the thread to which the last preemption or yield switched. As in Cannon, other thread switches do not
    /// count.
    running: u64,
    /// The step at which thread 0 last stopped running.
    thread_0_stopped_at: u64,
}

impl Counter {
    pub(super) const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Sets the step that the next events belong to: the program has made `step` steps before it.
    pub(crate) const fn at_step(&mut self, step: u64) {
        self.step = step;
    }

    /// Adds far fetches. The interpreter and compiled code call this once for many instructions.
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
        if self.linked.len() == MAX_LINKED_THREADS {
            self.linked.remove(0);
        }
        self.linked.push((new.owner, self.step));
    }

    fn store_conditional(&mut self, thread: u64, _address: u64, stored: bool) {
        if stored {
            self.stats.rmw_successes += 1;
        } else {
            self.stats.rmw_failures += 1;
        }
        if let Some(index) = self.linked.iter().position(|(linked_thread, _)| *linked_thread == thread) {
            let (_, linked_at) = self.linked.remove(index);
            self.stats.longest_rmw = self.stats.longest_rmw.max(self.step.wrapping_sub(linked_at));
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
            self.thread_0_stopped_at = self.step;
        } else if self.running != 0 && to.id == 0 {
            self.stats.idle_steps_thread_0 += self.step.wrapping_sub(self.thread_0_stopped_at);
        }
        self.running = to.id;
    }
}
