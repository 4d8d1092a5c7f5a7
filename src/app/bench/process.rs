//! What processes use, as Linux counts it.

use std::fs;
use std::time::Duration;

/// Ticks per second of the times in `/proc/<process>/stat`; 100 on every Linux that matters.
const TICKS: u64 = 100;

/// Processor time of a process so far.
pub fn time_of(process: u32) -> Duration {
    fields(process).map_or(Duration::ZERO, |fields| ticks(&fields, 11..13))
}

/// Processor time of a process, its living children, and its children that have ended.
pub fn time_of_family(process: u32) -> Duration {
    let own = fields(process).map_or(Duration::ZERO, |fields| ticks(&fields, 11..15));
    let Ok(entries) = fs::read_dir("/proc") else { return own };
    let children = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    children
        .filter_map(fields)
        .filter(|f| f.get(1).is_some_and(|parent| *parent == process.to_string()))
        .fold(own, |sum, f| sum + ticks(&f, 11..13))
}

/// The most memory that a process ever held, in mebibytes.
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

/// Counts the most memory of this process from here on.
pub fn forget_peak() {
    // Where the system does not allow it, the figure is that of the whole run.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The fields of `/proc/<process>/stat` after the name, which may hold spaces itself.
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(ToOwned::to_owned).collect())
}

fn ticks(fields: &[String], which: std::ops::Range<usize>) -> Duration {
    let sum: u64 = fields.get(which).into_iter().flatten().filter_map(|f| f.parse::<u64>().ok()).sum();
    Duration::from_millis(sum * 1000 / TICKS)
}

/// Whether we run as the superuser.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Processor time of a process's children that have ended.
pub fn time_of_ended_children(process: u32) -> Duration {
    fields(process).map_or(Duration::ZERO, |fields| ticks(&fields, 13..15))
}
