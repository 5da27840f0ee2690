// SPDX-License-Identifier: Apache-2.0
//! Values by number (`NVML_FI_*`), with the type that the library gives them.
//!
//! Numbers are those of the header of driver 575; [`View::field`] takes the driver's own. Those
//! from 251 on were given out twice: before 575 and again from 580.82 on they are settings of
//! power smoothing, which comes later in between; clock-event times, which 575 put there, are
//! 269 and up from 580.82 on. Read from `nvidia-ml-py` as `Profile::has` was, and for 580.82 from
//! nvml-wrapper.

use std::sync::atomic::Ordering::Acquire;

use super::{PerfPolicy, View, supported};
use crate::spec::Ecc;
use crate::{EccError, EccLocation, SimError, Threshold, reason};

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Unsigned, 32 bits.
    U32(u32),
    /// Unsigned, 64 bits.
    U64(u64),
    /// Signed, 32 bits.
    I32(i32),
}

impl View<'_> {
    /// The field of this number, as this driver numbers them.
    ///
    /// # Errors
    /// [`SimError::NOT_SUPPORTED`] for what is not simulated or is newer than the driver, and
    /// what the function of the same value says.
    pub fn field(&self, id: u32, scope: u32) -> Result<Field, SimError> {
        let id = canonical(id, self.node.driver_number()).ok_or(SimError::NOT_SUPPORTED)?;
        match id {
            1 | 2 => Ok(Field::U32(1)),
            3..=28 => self.field_ecc(id),
            29 | 30 => {
                let cause = if id == 29 { EccError::Corrected } else { EccError::Uncorrected };
                let pages = self.retired_pages(cause)?.count();
                Ok(Field::U64(pages as u64))
            }
            31 | 92 | 93 => self.retirement_pending().map(|pending| Field::U32(pending.into())),
            74..=81 => Ok(Field::U64(self.violation_ns(match id {
                74 => PerfPolicy::Power,
                75 => PerfPolicy::Thermal,
                76 => PerfPolicy::SyncBoost,
                77 => PerfPolicy::BoardLimit,
                78 => PerfPolicy::LowUtilization,
                79 => PerfPolicy::Reliability,
                80 => PerfPolicy::AppClocks,
                _ => PerfPolicy::BaseClocks,
            }))),
            82 => self.memory_temperature().map(Field::U32),
            83 | 191 => Ok(Field::U64(self.energy_mj())),
            94 => Ok(Field::U32(self.pcie_replays())),
            95 => Ok(Field::U32(0)),
            142..=145 => {
                let rows = self.remapped_rows()?;
                Ok(Field::U32(match id {
                    142 => rows.corrected,
                    143 => rows.uncorrected,
                    144 => rows.pending.into(),
                    _ => rows.failed.into(),
                }))
            }
            169 => Ok(Field::U32(0)),
            // Chip to chip: only where the CPU is NVIDIA's own.
            170 => Ok(Field::U32(0)),
            // PCIe errors of which replays are what receivers ask for.
            173 | 174 => Ok(Field::U32(self.pcie_replays())),
            175..=183 => Ok(Field::U32(0)),
            184 => supported(self.spec().mig.is_some(), Field::U32(0)),
            185..=190 | 192 => self.field_power(id, scope),
            193..=196 => self.field_margin(id),
            197 | 198 => Ok(Field::U64(self.pcie_bytes(id == 198))),
            226 | 227 => Ok(Field::U32(u32::from(self.script.recovery.load(Acquire) == 1))),
            230 => Ok(Field::U32(self.script.recovery.load(Acquire))),
            251 => Ok(Field::U64(self.held_ns(reason::SW_THERMAL))),
            252 => Ok(Field::U64(self.held_ns(reason::HW_THERMAL))),
            253 => Ok(Field::U64(self.held_ns(reason::HW_POWER_BRAKE))),
            _ => self.field_nvlink(id, scope),
        }
    }

    /// Memory errors: totals, then by place, single-bit before double-bit.
    fn field_ecc(&self, id: u32) -> Result<Field, SimError> {
        use EccError::{Corrected, Uncorrected};
        use EccLocation as L;
        let place = |aggregate, place: u32| {
            let location = [L::L1, L::L2, L::Dram, L::RegisterFile, L::Texture][place as usize / 2];
            let error = if place.is_multiple_of(2) { Corrected } else { Uncorrected };
            self.ecc(error, aggregate, location)
        };
        match id {
            3 | 5 => self.ecc_total(Corrected, id == 5),
            4 | 6 => self.ecc_total(Uncorrected, id == 6),
            7..=16 => place(false, id - 7),
            17 => self.ecc(Uncorrected, false, L::Cbu),
            18..=27 => place(true, id - 18),
            _ => supported(self.spec().ecc == Ecc::Units, ())
                .and_then(|()| self.ecc(Uncorrected, true, L::Cbu)),
        }
        .map(Field::U64)
    }

    /// Power and its limits, in milliwatts. Scopes are the GPU (0), the module with its CPU (1)
    /// and the memory (2).
    fn field_power(&self, id: u32, scope: u32) -> Result<Field, SimError> {
        let (spec, reading) = (self.spec(), self.reading());
        supported(scope == 0, ())?;
        Ok(Field::U32(match id {
            185 => reading.power_mw,
            186 => reading.power_instant_mw,
            187 => spec.power_limit_min_mw,
            188 | 189 => spec.power_limit_mw,
            _ => reading.power_limit_mw,
        }))
    }

    /// Degrees from the highest temperature for boosting to where something happens; negative
    /// where that comes later.
    fn field_margin(&self, id: u32) -> Result<Field, SimError> {
        let threshold = match id {
            193 => Threshold::Shutdown,
            194 => Threshold::Slowdown,
            195 => Threshold::MemoryMax,
            _ => Threshold::GpuMax,
        };
        // Known from Ada on.
        supported(self.spec().architecture >= 8, ())?;
        let signed = |celsius: u32| i32::try_from(celsius).unwrap_or(i32::MAX);
        Ok(Field::I32(signed(self.spec().gpu_max_celsius) - signed(self.threshold(threshold)?)))
    }
}

/// The number in the header of driver 575 of a number of another driver; `None` for what that
/// driver does not know.
fn canonical(id: u32, driver: (u32, u32)) -> Option<u32> {
    // One more than the last number, by the driver that brought it.
    const ENDS: [(u32, u32); 7] =
        [(0, 161), (525, 170), (535, 197), (550, 200), (560, 230), (570, 269), (575, 274)];
    let end = ENDS.iter().rev().find(|(branch, _)| *branch <= driver.0).map_or(0, |(_, end)| *end);
    let smoothing_first = driver.0 < 575 || driver >= (580, 82);
    match id {
        _ if id >= end => None,
        251..=268 if smoothing_first => Some(id + 5),
        269..=273 if smoothing_first => Some(id - 18),
        _ => Some(id),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn numbers_that_were_given_out_twice() {
        // The time of software thermal slowdown, and whether power smoothing is on.
        for (driver, thermal, smoothing) in [
            ((570, 172), None, Some(251)),
            ((575, 51), Some(251), Some(256)),
            ((580, 65), Some(251), Some(256)),
            ((580, 82), Some(269), Some(251)),
            ((595, 45), Some(269), Some(251)),
        ] {
            let number = |wanted| (0..400).find(|id| canonical(*id, driver) == Some(wanted));
            assert_eq!((number(251), number(256)), (thermal, smoothing), "{driver:?}");
        }
    }

    #[test]
    fn older_drivers_know_fewer() {
        for (driver, last) in [((470, 256), 160), ((535, 77), 196), ((550, 163), 199), ((580, 95), 273)] {
            assert!(canonical(last, driver).is_some() && canonical(last + 1, driver).is_none(), "{driver:?}");
        }
    }
}
