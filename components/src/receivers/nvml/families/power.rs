// SPDX-License-Identifier: Apache-2.0
//! Power and energy.

use tracecore_runtime::{Batch, Slot};

use super::super::code::Code;
use super::super::driver::Device;
use super::super::readings::{Reading, Series};

/// What the GPU draws.
#[derive(Debug)]
pub(in super::super) struct Power(Slot<f64>);

impl Reading for Power {
    const CALL: &'static str = "nvmlDeviceGetPowerUsage";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.power()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.power, [("hw.type", "gpu")]))
    }

    #[inline]
    fn set(&self, milliwatts: u32, out: &mut Batch) {
        out.set(self.0, f64::from(milliwatts) / 1e3);
    }
}

/// What it may draw. Somebody may change it at any time, so it is asked each time.
#[derive(Debug)]
pub(in super::super) struct PowerLimit(Slot<f64>);

impl Reading for PowerLimit {
    const CALL: &'static str = "nvmlDeviceGetEnforcedPowerLimit";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.power_limit()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.power_limit, [("hw.limit_type", "enforced")]))
    }

    #[inline]
    fn set(&self, milliwatts: u32, out: &mut Batch) {
        out.set(self.0, f64::from(milliwatts) / 1e3);
    }
}

/// What it has used since the driver was loaded.
#[derive(Debug)]
pub(in super::super) struct Energy(Slot<f64>);

impl Reading for Energy {
    const CALL: &'static str = "nvmlDeviceGetTotalEnergyConsumption";
    const SERIES: usize = 1;
    type Value = u64;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u64, Code> {
        device.energy()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.energy, [("hw.type", "gpu")]))
    }

    #[inline]
    fn set(&self, millijoules: u64, out: &mut Batch) {
        // Exact up to 2^53 mJ: 285 years at 1 kW.
        out.set(self.0, millijoules as f64 / 1e3);
    }
}
