// SPDX-License-Identifier: Apache-2.0
//! Restarts of one component: how many ever, and how many in the last hour (contract D5).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The last hour is kept minute by minute, which is as fine as anybody asks of "per hour".
const MINUTES: u64 = 60;
const CELLS: usize = 60;

/// Counts restarts. Each cell holds the minute it belongs to and that minute's count, so that
/// an old cell is told from a new one without sweeping.
#[derive(Debug)]
pub(crate) struct Restarts {
    epoch: Instant,
    total: AtomicU64,
    cells: [AtomicU64; CELLS],
}

impl Restarts {
    pub(crate) fn new() -> Self {
        Self { epoch: Instant::now(), total: AtomicU64::new(0), cells: [const { AtomicU64::new(0) }; CELLS] }
    }

    pub(crate) fn add(&self) {
        self.add_at(self.minute());
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(crate) fn last_hour(&self) -> u64 {
        self.last_hour_at(self.minute())
    }

    fn minute(&self) -> u64 {
        self.epoch.elapsed().as_secs() / 60
    }

    fn cell(&self, minute: u64) -> &AtomicU64 {
        // The remainder is below 60 and so fits any index.
        &self.cells[usize::try_from(minute % MINUTES).unwrap_or(0)]
    }

    fn add_at(&self, minute: u64) {
        self.total.fetch_add(1, Ordering::Relaxed);
        let _ = self.cell(minute).fetch_update(Ordering::Relaxed, Ordering::Relaxed, |cell| {
            let (of, count) = unpack(cell);
            Some(pack(minute, if of == minute { count + 1 } else { 1 }))
        });
    }

    fn last_hour_at(&self, minute: u64) -> u64 {
        self.cells
            .iter()
            .map(|cell| unpack(cell.load(Ordering::Relaxed)))
            .filter(|(of, _)| *of + MINUTES > minute)
            .map(|(_, count)| count)
            .sum()
    }
}

const fn pack(minute: u64, count: u64) -> u64 {
    minute << 32 | count & 0xffff_ffff
}

const fn unpack(cell: u64) -> (u64, u64) {
    (cell >> 32, cell & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::Restarts;

    #[test]
    fn d5_only_restarts_of_the_last_hour_count() {
        let restarts = Restarts::new();
        for minute in [0, 0, 5, 30, 59] {
            restarts.add_at(minute);
        }
        assert_eq!(restarts.last_hour_at(59), 5);
        assert_eq!(restarts.last_hour_at(60), 3, "those of minute 0 are an hour old");
        restarts.add_at(65);
        assert_eq!(restarts.last_hour_at(65), 3, "the cell of minute 5 belongs to minute 65 now");
        assert_eq!(restarts.last_hour_at(1000), 0);
        assert_eq!(restarts.total(), 6);
    }
}
