//! The most memory that this process has used.

/// The most memory that this process has used, as the kernel reports it: a number, and its unit.
pub(crate) fn read() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
