//! Counts of what a program did, for `--debug-info`. They cost little, but are only kept when asked for.

/// Threads whose last load-linked is remembered.
const REMEMBERED: usize = 5;
/// Where Cannon's instruction cache ends.
const CACHED_CODE_END: u64 = 128 << 20;

/// What a program did. Steps are counted from the start of the program.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    enabled: bool,
    /// The last load-linked of each thread that has not been followed by a store-conditional: thread, step.
    linked: Vec<(u64, u64)>,
    running: u64,
    thread_0_left_at: u64,
    /// Store-conditionals that stored.
    pub stores_made: u64,
    /// Store-conditionals that did not.
    pub stores_refused: u64,
    /// The most steps from a load-linked to its store-conditional.
    pub most_steps_linked: u64,
    /// Reservations lost to a store.
    pub invalidations: u64,
    /// Threads that had to make way.
    pub forced_switches: u64,
    /// Steps during which thread 0 did not run.
    pub idle_steps_thread_0: u64,
    /// Instructions executed at addresses beyond 128 MiB, and the highest of these.
    pub far_instructions: (u64, u64),
}

impl Stats {
    /// Starts counting.
    pub const fn enable(&mut self) {
        self.enabled = true;
    }

    /// Whether anything is counted.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn count_load_linked(&mut self, thread: u64, step: u64) {
        if !self.enabled {
            return;
        }
        self.linked.retain(|(other, _)| *other != thread);
        if self.linked.len() == REMEMBERED {
            self.linked.remove(0);
        }
        self.linked.push((thread, step));
    }

    pub(crate) fn count_store_conditional(&mut self, thread: u64, step: u64, stored: bool) {
        if !self.enabled {
            return;
        }
        *(if stored { &mut self.stores_made } else { &mut self.stores_refused }) += 1;
        if let Some(at) = self.linked.iter().position(|(other, _)| *other == thread) {
            let (_, linked) = self.linked.remove(at);
            self.most_steps_linked = self.most_steps_linked.max(step - linked);
        }
    }

    #[inline]
    pub(crate) const fn count_invalidation(&mut self) {
        if self.enabled {
            self.invalidations += 1;
        }
    }

    pub(crate) const fn count_forced_switch(&mut self) {
        if self.enabled {
            self.forced_switches += 1;
        }
    }

    pub(crate) const fn count_switch(&mut self, running: u64, step: u64) {
        if !self.enabled {
            return;
        }
        if self.running == 0 && running != 0 {
            self.thread_0_left_at = step;
        } else if self.running != 0 && running == 0 {
            self.idle_steps_thread_0 += step - self.thread_0_left_at;
        }
        self.running = running;
    }

    #[inline]
    pub(crate) fn count_fetch(&mut self, pc: u64) {
        if self.enabled && pc >= CACHED_CODE_END {
            self.far_instructions.0 += 1;
            self.far_instructions.1 = self.far_instructions.1.max(pc);
        }
    }
}
