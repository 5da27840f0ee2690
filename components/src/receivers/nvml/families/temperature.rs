// SPDX-License-Identifier: Apache-2.0
//! Temperatures, and those at which something happens.

use tracecore_runtime::{Batch, Slot};

use super::super::code::Code;
use super::super::driver::{Device, Threshold};
use super::super::readings::{Reading, Series};

const LOCATION: &str = "hw.sensor_location";

/// The die.
#[derive(Debug)]
pub(in super::super) struct Temperature(Slot<f64>);

impl Reading for Temperature {
    const CALL: &'static str = "nvmlDeviceGetTemperature";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.temperature()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.temperature, [(LOCATION, "gpu")]))
    }

    #[inline]
    fn set(&self, celsius: u32, out: &mut Batch) {
        out.set(self.0, f64::from(celsius));
    }
}

/// The memory, which only boards with HBM tell.
#[derive(Debug)]
pub(in super::super) struct MemoryTemperature(Slot<f64>);

impl Reading for MemoryTemperature {
    const CALL: &'static str = "nvmlDeviceGetFieldValues(NVML_FI_DEV_MEMORY_TEMP)";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.memory_temperature()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.temperature, [(LOCATION, "memory")]))
    }

    #[inline]
    fn set(&self, celsius: u32, out: &mut Batch) {
        out.set(self.0, f64::from(celsius));
    }
}

struct Limit {
    threshold: Threshold,
    call: &'static str,
    location: &'static str,
    limit_type: &'static str,
}

const LIMITS: [Limit; 4] = [
    Limit {
        threshold: Threshold::GpuMax,
        call: "nvmlDeviceGetTemperatureThreshold(GPU_MAX)",
        location: "gpu",
        limit_type: "max",
    },
    Limit {
        threshold: Threshold::Slowdown,
        call: "nvmlDeviceGetTemperatureThreshold(SLOWDOWN)",
        location: "gpu",
        limit_type: "high.degraded",
    },
    Limit {
        threshold: Threshold::Shutdown,
        call: "nvmlDeviceGetTemperatureThreshold(SHUTDOWN)",
        location: "gpu",
        limit_type: "high.critical",
    },
    Limit {
        threshold: Threshold::MemoryMax,
        call: "nvmlDeviceGetTemperatureThreshold(MEM_MAX)",
        location: "memory",
        limit_type: "high.degraded",
    },
];

/// One row of the limits. A GPU may know some and not others, so each is a call of its own.
#[derive(Debug)]
pub(in super::super) struct TemperatureLimit<const ROW: usize>(Slot<f64>);

impl<const ROW: usize> Reading for TemperatureLimit<ROW> {
    const CALL: &'static str = LIMITS[ROW].call;
    const SERIES: usize = 1;
    const CONSTANT: bool = true;
    type Value = u32;

    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.temperature_limit(LIMITS[ROW].threshold)
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        let Limit { location, limit_type, .. } = LIMITS[ROW];
        Self(series.begin(|m| m.temperature_limit, [(LOCATION, location), ("hw.limit_type", limit_type)]))
    }

    #[inline]
    fn set(&self, celsius: u32, out: &mut Batch) {
        out.set(self.0, f64::from(celsius));
    }
}
