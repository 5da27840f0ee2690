// SPDX-License-Identifier: Apache-2.0
//! Temperatures, and those at which something happens.

use nvml_wrapper_sys::bindings::{
    nvmlTemperatureSensors_enum_NVML_TEMPERATURE_GPU as GPU,
    nvmlTemperatureThresholds_enum_NVML_TEMPERATURE_THRESHOLD_GPU_MAX as GPU_MAX,
    nvmlTemperatureThresholds_enum_NVML_TEMPERATURE_THRESHOLD_MEM_MAX as MEM_MAX,
    nvmlTemperatureThresholds_enum_NVML_TEMPERATURE_THRESHOLD_SHUTDOWN as SHUTDOWN,
    nvmlTemperatureThresholds_enum_NVML_TEMPERATURE_THRESHOLD_SLOWDOWN as SLOWDOWN,
};

use super::super::driver::{Device, field};
use super::super::fields::Row;
use super::super::reading::{Read, reading};

reading! {
    /// The die.
    Die: EachTick, "nvmlDeviceGetTemperature", |gpu: &Device| gpu.temperature(GPU) => u32, |celsius| {
        now: f64 = temperature.now ["hw.sensor_location" = "gpu"] => f64::from(celsius);
    }
    /// Where the die boosts no more.
    Max: Once, "nvmlDeviceGetTemperatureThreshold(GPU_MAX)",
    |gpu: &Device| gpu.temperature_threshold(GPU_MAX) => u32, |celsius| {
        limit: f64 = temperature.limit
            ["hw.sensor_location" = "gpu", "hw.limit_type" = "max"] => f64::from(celsius);
    }
    /// Where the GPU slows down.
    Slowdown: Once, "nvmlDeviceGetTemperatureThreshold(SLOWDOWN)",
    |gpu: &Device| gpu.temperature_threshold(SLOWDOWN) => u32, |celsius| {
        limit: f64 = temperature.limit
            ["hw.sensor_location" = "gpu", "hw.limit_type" = "high.degraded"] => f64::from(celsius);
    }
    /// Where the GPU switches itself off.
    Shutdown: Once, "nvmlDeviceGetTemperatureThreshold(SHUTDOWN)",
    |gpu: &Device| gpu.temperature_threshold(SHUTDOWN) => u32, |celsius| {
        limit: f64 = temperature.limit
            ["hw.sensor_location" = "gpu", "hw.limit_type" = "high.critical"] => f64::from(celsius);
    }
    /// Where the memory makes the GPU slow down.
    MemoryMax: Once, "nvmlDeviceGetTemperatureThreshold(MEM_MAX)",
    |gpu: &Device| gpu.temperature_threshold(MEM_MAX) => u32, |celsius| {
        limit: f64 = temperature.limit
            ["hw.sensor_location" = "memory", "hw.limit_type" = "high.degraded"] => f64::from(celsius);
    }
}

/// The memory, which only boards with HBM tell.
pub(in super::super) const FIELDS: &[Row] = &[Row::scaled(
    field!(NVML_FI_DEV_MEMORY_TEMP),
    |m| m.temperature.now,
    1.0,
    &[("hw.sensor_location", "memory")],
)];

/// What is asked each tick.
pub(in super::super) type Temperature = (Read<Die>,);
/// What is asked once.
pub(in super::super) type Limits = (Read<Max>, Read<Slowdown>, Read<Shutdown>, Read<MemoryMax>);
