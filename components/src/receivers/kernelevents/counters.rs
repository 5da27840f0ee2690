// SPDX-License-Identifier: Apache-2.0
//! Totals that were not foreseen, and how they come to be seen.
//!
//! A counter that begins with its first event at 1 has not grown, as far as whoever takes its
//! increase can tell. So a series of an event that just happened is shown at 0 once, and with its
//! total from the next emission on.

use tracecore_runtime::{Batch, Slot};

/// How much of a total is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    /// It has no series.
    #[default]
    Nothing,
    /// The next emission shows 0.
    Zero,
    /// The total.
    Total,
}

/// A total with its series.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    total: u64,
    slot: Slot<u64>,
    shown: Shown,
}

impl Total {
    /// Nothing, without a series.
    pub(super) const NONE: Self = Self { total: 0, slot: Slot::OFF, shown: Shown::Nothing };

    /// Adds one.
    pub(super) const fn count(&mut self) {
        self.total += 1;
    }

    /// Whether it wants a series.
    pub(super) const fn lacks_series(&self) -> bool {
        matches!(self.shown, Shown::Nothing)
    }

    /// Gives it its first series.
    pub(super) const fn begin(&mut self, slot: Slot<u64>) {
        self.slot = slot;
        self.shown = if self.total > 0 { Shown::Zero } else { Shown::Total };
    }

    /// Gives it another series, of another name, which goes on where the old one ended.
    pub(super) const fn move_to(&mut self, slot: Slot<u64>) {
        self.slot = slot;
        if matches!(self.shown, Shown::Nothing) {
            self.begin(slot);
        }
    }

    /// Sets it; says whether there is more to show than was shown.
    pub(super) fn set(&mut self, out: &mut Batch) -> bool {
        match self.shown {
            Shown::Nothing => true,
            Shown::Zero => {
                out.set(self.slot, 0);
                self.shown = Shown::Total;
                true
            }
            Shown::Total => {
                out.set(self.slot, self.total);
                false
            }
        }
    }
}
