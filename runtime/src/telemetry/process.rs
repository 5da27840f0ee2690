// SPDX-License-Identifier: Apache-2.0
//! What the system says of this process (contract D8), from `/proc`. What cannot be read is
//! left out of the scrape.

use std::fs;

/// The fields of `/proc/self/stat` after the command, which may itself contain blanks and
/// parentheses. The first of them is field 3 of proc(5).
fn stat(text: &str, field: usize) -> Option<u64> {
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(field.checked_sub(3)?)?.parse().ok()
}

fn own_stat(field: usize) -> Option<u64> {
    stat(&fs::read_to_string("/proc/self/stat").ok()?, field)
}

fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

/// Processor time used, user and system.
pub(super) fn cpu_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    Some((stat(&text, 14)? + stat(&text, 15)?) as f64 / ticks_per_second())
}

/// Memory in RAM, in bytes.
pub(crate) fn resident_bytes() -> Option<u64> {
    Some(own_stat(24)? * rustix::param::page_size() as u64)
}

/// Open file descriptors, less the one that counting them takes.
pub(super) fn open_fds() -> Option<f64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)
}

/// When the process started: the boot, and so many ticks later.
pub(super) fn start_unix_seconds() -> Option<f64> {
    let system = fs::read_to_string("/proc/stat").ok()?;
    let boot: u64 = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot as f64 + own_stat(22)? as f64 / ticks_per_second())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use std::time::SystemTime;

    #[test]
    fn d8_a_command_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let text = "42 (a ) b) S 1 42 42 0 -1 4194304 100 0 0 0 7 5 0 0 20 0 3 0 9000 1000 250 18";
        assert_eq!([14, 15, 22, 24].map(|field| super::stat(text, field).unwrap()), [7, 5, 9000, 250]);
    }

    #[test]
    fn d8_the_numbers_are_those_of_this_process() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        let start = super::start_unix_seconds().unwrap();
        assert!(start <= now + 2.0 && start > now - 86_400.0, "{start} at {now}");
        assert!(super::resident_bytes().unwrap() > 500_000);
        assert!(super::cpu_seconds().is_some());
        let before = super::open_fds().unwrap();
        let files: Vec<_> = (0..50).map(|_| std::fs::File::open("/proc/self/stat").unwrap()).collect();
        // Other tests of this process open and close files of their own meanwhile.
        assert!(super::open_fds().unwrap() > before + 20.0);
        drop(files);
    }
}
