//! The budget of memory mappings, which all machines of a process share.
//!
//! Linux limits the number of mappings of a process (`vm.max_map_count`). Segments of guest memory may use three
//! quarters of this limit. The rest is left for the allocator, threads and compiled code.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

/// Linux's default for `vm.max_map_count`.
const DEFAULT_LIMIT: usize = 65_530;

/// A maximum number of mappings, and how many of them are taken now.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicUsize,
    max: usize,
}

impl Budget {
    pub(super) const fn new(max: usize) -> Self {
        Self { used: AtomicUsize::new(0), max }
    }

    /// The budget of this process.
    pub(super) fn of_process() -> Arc<Self> {
        static BUDGET: OnceLock<Arc<Budget>> = OnceLock::new();
        BUDGET.get_or_init(|| Arc::new(Self::new(linux_limit() / 4 * 3))).clone()
    }

    /// Takes this number of mappings from the budget. Returns `None` if fewer are left.
    pub(super) fn take(self: &Arc<Self>, mappings: usize) -> Option<Lease> {
        let mut lease = Lease { budget: self.clone(), mappings: 0 };
        lease.extend(mappings).then_some(lease)
    }
}

/// The number of mappings that Linux allows this process.
fn linux_limit() -> usize {
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count");
    text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_LIMIT)
}

/// A share of a budget. Dropping the lease gives the share back. A lease only counts mappings. It neither makes nor
/// removes them.
#[derive(Debug)]
pub(super) struct Lease {
    budget: Arc<Budget>,
    mappings: usize,
}

impl Lease {
    /// Takes this number of further mappings. If fewer are left, takes none and returns false.
    pub(super) fn extend(&mut self, mappings: usize) -> bool {
        let Budget { used, max } = &*self.budget;
        let add = |used: usize| used.checked_add(mappings).filter(|used| used <= max);
        let taken = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if taken {
            self.mappings += mappings;
        }
        taken
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.mappings, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_share_a_budget_and_give_it_back() {
        let budget = Arc::new(Budget::new(10));
        let mut first = budget.take(6).unwrap();
        assert!(budget.take(5).is_none());
        let second = budget.take(3).unwrap();
        assert!(!first.extend(2) && first.extend(1));
        drop(second);
        assert!(first.extend(3) && budget.take(1).is_none());
        drop(first);
        assert_eq!(budget.take(10).unwrap().mappings, 10);
    }

    #[test]
    fn the_budget_of_the_process_leaves_headroom() {
        let budget = Budget::of_process();
        assert!(budget.max < linux_limit() && Arc::ptr_eq(&budget, &Budget::of_process()));
    }
}
