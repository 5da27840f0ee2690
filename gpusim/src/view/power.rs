// SPDX-License-Identifier: Apache-2.0
//! Energy and temperatures.

use super::{View, supported};
use crate::{Counter, SimError};

/// A temperature at which something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// The GPU switches itself off.
    Shutdown,
    /// The GPU slows down.
    Slowdown,
    /// Memory gets slower.
    MemoryMax,
    /// The GPU stops boosting.
    GpuMax,
}

impl View<'_> {
    /// Energy since the driver was loaded, in millijoules.
    #[must_use]
    pub fn energy_mj(&self) -> u64 {
        self.set_back(Counter::Energy, self.reading().energy_mj)
    }

    /// Temperature of the memory in degrees Celsius.
    ///
    /// # Errors
    /// The memory has no sensor.
    pub fn memory_temperature(&self) -> Result<u32, SimError> {
        supported(self.spec().memory_sensor, self.reading().temperature_memory)
    }

    /// A threshold in degrees Celsius.
    ///
    /// # Errors
    /// The memory has no sensor.
    pub fn threshold(&self, threshold: Threshold) -> Result<u32, SimError> {
        let spec = self.spec();
        match threshold {
            Threshold::Shutdown => Ok(spec.shutdown_celsius),
            Threshold::Slowdown => Ok(spec.slowdown_celsius),
            Threshold::MemoryMax => supported(spec.memory_sensor, spec.memory_max_celsius),
            Threshold::GpuMax => Ok(spec.gpu_max_celsius),
        }
    }
}
