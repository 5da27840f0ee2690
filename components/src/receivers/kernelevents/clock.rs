// SPDX-License-Identifier: Apache-2.0
//! When a record was written: the kernel counts from the start of the machine.

use rustix::time::{ClockId, clock_gettime};

/// What lies between the kernel's clock and the wall's. The wall's may be set, so this is asked
/// for again whenever records are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Offset {
    /// Nanoseconds since 1970 at which the kernel began to count.
    start_unix_nanos: u64,
    now_unix_nanos: u64,
}

impl Offset {
    /// The offset of now.
    pub(super) fn now() -> Self {
        let nanos = |clock| {
            let time = clock_gettime(clock);
            let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
            seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default())
        };
        let now_unix_nanos = nanos(ClockId::Realtime);
        Self { start_unix_nanos: now_unix_nanos.saturating_sub(nanos(ClockId::Monotonic)), now_unix_nanos }
    }

    /// A time of the kernel as nanoseconds since 1970 (UTC).
    pub(super) const fn unix_nanos(self, monotonic_micros: u64) -> u64 {
        self.start_unix_nanos.saturating_add(monotonic_micros.saturating_mul(1000))
    }

    /// Now, in nanoseconds since 1970 (UTC).
    pub(super) const fn now_unix_nanos(self) -> u64 {
        self.now_unix_nanos
    }
}

/// The numbers by which the namespaces of this process know it: the driver writes the outermost.
pub(super) fn own_pids() -> Vec<u32> {
    let mut pids = vec![std::process::id()];
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
    pids.extend(line.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    pids.sort_unstable();
    pids.dedup();
    pids
}
