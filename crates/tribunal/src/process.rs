//! What this process has used, as the kernel reports it.

use std::fs;
#[cfg(feature = "prover")]
use std::time::Duration;

/// The peak memory since the process began, or since [`reset_peak_memory`], in kibibytes.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Measures the peak memory from now on.
#[cfg(feature = "prover")]
pub(crate) fn reset_peak_memory() {
    // Without it, the peak is that of all that came before too.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The processor time that all threads have used, in user mode and in the kernel.
#[cfg(feature = "prover")]
pub(crate) fn processor_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name before it may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let both = ticks.next()?.ok()? + ticks.next()?.ok()?;
    // The kernel's unit for user programs is a hundredth of a second, whatever its own clock is.
    Some(Duration::from_millis(10 * both))
}
