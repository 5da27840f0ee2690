// SPDX-License-Identifier: Apache-2.0
//! Memory that is not used any more: retired pages, remapped rows.

use std::sync::atomic::Ordering::Acquire;

use super::{View, supported};
use crate::noise::mix;
use crate::{EccError, SimError};

/// What became of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemappedRows {
    /// Remapped after corrected errors.
    pub corrected: u32,
    /// Remapped after uncorrected errors.
    pub uncorrected: u32,
    /// Another one waits for a reset.
    pub pending: bool,
    /// One could not be remapped.
    pub failed: bool,
}

/// Banks by how many spare rows they have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowHistogram {
    /// All of them.
    pub max: u32,
    /// Most.
    pub high: u32,
    /// Some.
    pub partial: u32,
    /// Few.
    pub low: u32,
    /// None.
    pub none: u32,
}

impl View<'_> {
    /// Pages retired for a cause: address and time, in seconds since 1970, of each.
    ///
    /// # Errors
    /// The board remaps rows instead.
    pub fn retired_pages(
        &self,
        cause: EccError,
    ) -> Result<impl Iterator<Item = (u64, u64)> + Clone, SimError> {
        let count = self.script.retired[cause as usize].load(Acquire);
        let pages = self.spec().memory_total >> 12;
        let (slot, seed) = (u64::from(self.place.slot), self.node.seed);
        let loaded = self.node.wall_us(0) / 1_000_000;
        supported(
            self.spec().remappable_banks.is_none(),
            (0..u64::from(count)).map(move |page| {
                (
                    (mix(&[seed, slot, cause as u64, page, 60]) % pages) << 12,
                    loaded.saturating_sub(3600) + page,
                )
            }),
        )
    }

    /// Whether another page waits for a reboot.
    ///
    /// # Errors
    /// The board remaps rows instead.
    pub fn retirement_pending(&self) -> Result<bool, SimError> {
        let pending = self.script.retirement_pending.load(Acquire) != 0;
        supported(self.spec().remappable_banks.is_none(), pending)
    }

    /// What became of rows.
    ///
    /// # Errors
    /// The board retires pages instead.
    pub fn remapped_rows(&self) -> Result<RemappedRows, SimError> {
        let load = |of: &std::sync::atomic::AtomicU32| of.load(Acquire);
        let rows = RemappedRows {
            corrected: load(&self.script.remapped[0]),
            uncorrected: load(&self.script.remapped[1]),
            pending: load(&self.script.remapping_pending) != 0,
            failed: load(&self.script.remapping_failed) != 0,
        };
        supported(self.spec().remappable_banks.is_some(), rows)
    }

    /// Banks by how many spare rows they have left: each remapped row is of another bank, and a
    /// failure leaves a bank with none.
    ///
    /// # Errors
    /// The board retires pages instead.
    pub fn row_histogram(&self) -> Result<RowHistogram, SimError> {
        let rows = self.remapped_rows()?;
        let banks = self.spec().remappable_banks.unwrap_or(0);
        let none = u32::from(rows.failed);
        let high = (rows.corrected + rows.uncorrected).min(banks - none);
        Ok(RowHistogram { max: banks - none - high, high, partial: 0, low: 0, none })
    }
}
