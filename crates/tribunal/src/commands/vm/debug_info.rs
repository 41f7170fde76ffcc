//! The counts that `--debug-info` writes, under Cannon's names.

use serde::Serialize;
use tribunal_vm::{Machine, memory::PAGE_BYTES};

/// Counts of a program's run.
#[derive(Debug, Serialize)]
pub(crate) struct DebugInfo {
    pages: usize,
    memory_used: String,
    num_preimage_requests: u64,
    total_preimage_size: u64,
    total_steps: u64,
    instruction_cache_miss_count: u64,
    highest_icache_miss_pc: String,
    rmw_success_count: u64,
    rmw_fail_count: u64,
    max_steps_between_ll_and_sc: u64,
    reservation_invalidation_count: u64,
    forced_preemption_count: u64,
    idle_step_count_thread_0: u64,
}

impl DebugInfo {
    /// The counts of a machine.
    pub(crate) fn of(machine: &Machine) -> Self {
        let pages = machine.state().memory().page_count();
        let (requests, bytes) = machine.preimage_totals();
        let stats = machine.stats();
        Self {
            pages,
            memory_used: format!("{:#x}", pages * PAGE_BYTES),
            num_preimage_requests: requests,
            total_preimage_size: bytes,
            total_steps: machine.state().step(),
            instruction_cache_miss_count: stats.far_fetches.count,
            highest_icache_miss_pc: format!("{:#x}", stats.far_fetches.highest),
            rmw_success_count: stats.rmw_successes,
            rmw_fail_count: stats.rmw_failures,
            max_steps_between_ll_and_sc: stats.longest_rmw,
            reservation_invalidation_count: stats.reservations_lost,
            forced_preemption_count: stats.preemptions,
            idle_step_count_thread_0: stats.idle_steps_thread_0,
        }
    }
}
