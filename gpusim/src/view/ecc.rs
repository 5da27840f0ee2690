// SPDX-License-Identifier: Apache-2.0
//! Memory errors.

use std::sync::atomic::Ordering::Acquire;

use super::{View, supported};
use crate::spec::Ecc;
use crate::{Counter, EccError, EccLocation, SimError};

/// Uncorrected errors at which a board should be exchanged. NVIDIA does not tell the number.
const THRESHOLD: u64 = 10;

/// Errors of SRAM, as `nvmlDeviceGetSramEccErrorStatus` tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SramErrors {
    /// Uncorrected and found by parity: ever, and since the driver was loaded.
    pub parity: [u64; 2],
    /// Uncorrected and found by an error-correcting code.
    pub sec_ded: [u64; 2],
    /// Corrected.
    pub corrected: [u64; 2],
    /// Uncorrected ever in the L2 cache.
    pub l2: u64,
    /// Uncorrected ever in the streaming multiprocessors.
    pub sm: u64,
    /// Uncorrected ever elsewhere.
    pub other: u64,
    /// More than the board should have.
    pub threshold_exceeded: bool,
}

/// Places in the order of their numbers.
const LOCATIONS: [EccLocation; 8] = [
    EccLocation::L1,
    EccLocation::L2,
    EccLocation::Dram,
    EccLocation::RegisterFile,
    EccLocation::Texture,
    EccLocation::TextureShared,
    EccLocation::Cbu,
    EccLocation::Sram,
];

impl View<'_> {
    /// Errors in one place: ever, or since the driver was loaded.
    fn errors_at(&self, error: EccError, aggregate: bool, location: EccLocation) -> u64 {
        let counts = if aggregate { &self.script.ecc } else { &self.script.ecc_volatile };
        let count = counts[error as usize][location as usize].load(Acquire);
        match (error, aggregate, location) {
            (EccError::Corrected, false, EccLocation::Dram) => self.set_back(Counter::EccErrors, count),
            _ => count,
        }
    }

    fn errors_in(&self, error: EccError, aggregate: bool, of: fn(EccLocation) -> bool) -> u64 {
        let places = LOCATIONS.into_iter().filter(|location| of(*location));
        places.map(|location| self.errors_at(error, aggregate, location)).sum()
    }

    /// All errors.
    ///
    /// # Errors
    /// It is partitioned, and those since the driver was loaded are asked for.
    pub fn ecc_total(&self, error: EccError, aggregate: bool) -> Result<u64, SimError> {
        let total = self.errors_in(error, aggregate, |_| true);
        if aggregate { Ok(total) } else { self.undivided(total) }
    }

    /// Errors by place, as far as the board tells places apart. An instance tells of uncorrected
    /// errors in SRAM since the driver was loaded, a partitioned GPU of errors ever.
    ///
    /// # Errors
    /// The board, or the instance, does not tell.
    pub fn ecc(&self, error: EccError, aggregate: bool, location: EccLocation) -> Result<u64, SimError> {
        let sram = self.spec().ecc == Ecc::SramDram;
        if self.place.instance.is_some() {
            let tells = error == EccError::Uncorrected && !aggregate && location == EccLocation::Sram;
            // The GPU does not say which instance had them: the first one takes them all.
            let count = if self.place.instance == Some(0) {
                self.errors_in(error, aggregate, |place| place != EccLocation::Dram)
            } else {
                0
            };
            return supported(tells, count);
        }
        if !aggregate {
            self.undivided(())?;
        }
        match location {
            EccLocation::Dram => Ok(self.errors_at(error, aggregate, location)),
            EccLocation::Sram => {
                supported(sram, self.errors_in(error, aggregate, |place| place != EccLocation::Dram))
            }
            EccLocation::Cbu => {
                let tells = !sram && error == EccError::Uncorrected;
                supported(tells, self.errors_at(error, aggregate, location))
            }
            _ => supported(!sram, self.errors_at(error, aggregate, location)),
        }
    }

    /// Errors of SRAM by how they were found, and where.
    ///
    /// # Errors
    /// The board does not tell.
    pub fn sram_errors(&self) -> Result<SramErrors, SimError> {
        let of = |error, aggregate| self.errors_in(error, aggregate, |place| place != EccLocation::Dram);
        let ever = |of| self.errors_in(EccError::Uncorrected, true, of);
        let uncorrected = [true, false].map(|aggregate| of(EccError::Uncorrected, aggregate));
        // Caches have codes; half of what they find first shows as a parity error.
        let parity = uncorrected.map(|count| count / 2);
        let errors = SramErrors {
            parity,
            sec_ded: [uncorrected[0] - parity[0], uncorrected[1] - parity[1]],
            corrected: [true, false].map(|aggregate| of(EccError::Corrected, aggregate)),
            l2: ever(|place| place == EccLocation::L2),
            sm: ever(|place| {
                use EccLocation as L;
                matches!(place, L::L1 | L::RegisterFile | L::Texture | L::TextureShared)
            }),
            other: ever(|place| matches!(place, EccLocation::Cbu | EccLocation::Sram)),
            threshold_exceeded: uncorrected[0] > THRESHOLD,
        };
        supported(self.spec().ecc == Ecc::SramDram, errors)
    }
}
