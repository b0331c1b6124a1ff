//! How much memory a process took at most, where the system says.

/// KiB that this process was resident with at most.
pub(super) fn peak_kib() -> Option<u64> {
    high_water(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// `VmHWM:   12345 kB`
pub(super) fn high_water(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
