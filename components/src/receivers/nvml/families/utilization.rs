// SPDX-License-Identifier: Apache-2.0
//! How busy a GPU is.

use nvml_wrapper_sys::bindings::nvmlUtilization_t;

use super::super::driver::Device;
use super::super::reading::{Read, reading};
use super::ratio;

reading! {
    /// Kernels and memory: one call tells both.
    Rates: EachTick, "nvmlDeviceGetUtilizationRates", Device::utilization => nvmlUtilization_t, |rates| {
        general: f64 = utilization.ratio ["hw.gpu.task" = "general"] => ratio(rates.gpu);
        memory: f64 = utilization.memory_activity [] => ratio(rates.memory);
    }
    /// The video encoder.
    Encoder: EachTick, "nvmlDeviceGetEncoderUtilization",
    Device::encoder_utilization => (u32, u32), |(percent, _)| {
        busy: f64 = utilization.ratio ["hw.gpu.task" = "encoder"] => ratio(percent);
    }
    /// The video decoder.
    Decoder: EachTick, "nvmlDeviceGetDecoderUtilization",
    Device::decoder_utilization => (u32, u32), |(percent, _)| {
        busy: f64 = utilization.ratio ["hw.gpu.task" = "decoder"] => ratio(percent);
    }
    /// The JPEG engine.
    Jpeg: EachTick, "nvmlDeviceGetJpgUtilization",
    Device::jpeg_utilization => (u32, u32), |(percent, _)| {
        busy: f64 = utilization.ratio ["hw.gpu.task" = "jpeg"] => ratio(percent);
    }
    /// The optical-flow engine.
    Ofa: EachTick, "nvmlDeviceGetOfaUtilization",
    Device::ofa_utilization => (u32, u32), |(percent, _)| {
        busy: f64 = utilization.ratio ["hw.gpu.task" = "ofa"] => ratio(percent);
    }
}

/// How busy a GPU is.
pub(in super::super) type Utilization = (Read<Rates>, Read<Encoder>, Read<Decoder>, Read<Jpeg>, Read<Ofa>);
