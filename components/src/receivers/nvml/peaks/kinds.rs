// SPDX-License-Identifier: Apache-2.0
//! Of what the driver keeps samples, and where their extents go.

use nvml_wrapper_sys::bindings::{
    nvmlClockType_enum_NVML_CLOCK_MEM as CLOCK_MEM, nvmlClockType_enum_NVML_CLOCK_SM as CLOCK_SM,
    nvmlClockType_t, nvmlSamplingType_enum_NVML_DEC_UTILIZATION_SAMPLES as DECODER,
    nvmlSamplingType_enum_NVML_ENC_UTILIZATION_SAMPLES as ENCODER,
    nvmlSamplingType_enum_NVML_GPU_UTILIZATION_SAMPLES as GPU,
    nvmlSamplingType_enum_NVML_MEMORY_CLK_SAMPLES as MEMORY_CLOCK,
    nvmlSamplingType_enum_NVML_MEMORY_UTILIZATION_SAMPLES as MEMORY,
    nvmlSamplingType_enum_NVML_PROCESSOR_CLK_SAMPLES as SM_CLOCK,
    nvmlSamplingType_enum_NVML_TOTAL_POWER_SAMPLES as POWER, nvmlSamplingType_t,
};
use tracecore_schema::Gauge;

use super::super::Metrics;
use super::super::code::Code;
use super::super::driver::Device;

/// One kind of sample.
pub(super) struct Kind {
    /// The call, as messages name it.
    pub(super) call: &'static str,
    /// The library's number for it.
    pub(super) sampling: nvmlSamplingType_t,
    /// The present value: what counts while the driver takes no samples.
    pub(super) present: Present,
    /// From the samples' unit to the metric's.
    pub(super) factor: f64,
    /// The metric.
    pub(super) metric: fn(&Metrics) -> Gauge<f64>,
    /// What tells it from other kinds of the same metric.
    pub(super) own: Option<(&'static str, &'static str)>,
}

/// The call for a present value, in the samples' unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Present {
    Power,
    Gpu,
    Memory,
    Encoder,
    Decoder,
    Clock(nvmlClockType_t),
}

impl Present {
    /// Makes it.
    pub(super) fn ask(self, device: &Device) -> Result<u32, Code> {
        match self {
            Self::Power => device.power(),
            Self::Gpu => device.utilization().map(|rates| rates.gpu),
            Self::Memory => device.utilization().map(|rates| rates.memory),
            Self::Encoder => device.encoder_utilization().map(|(percent, _)| percent),
            Self::Decoder => device.decoder_utilization().map(|(percent, _)| percent),
            Self::Clock(domain) => device.clock(domain),
        }
    }
}

const TASK: &str = "hw.gpu.task";
const DOMAIN: &str = "tracecore.gpu.clock.domain";

/// Every kind that is read.
pub(super) static KINDS: [Kind; 7] = [
    Kind {
        call: "nvmlDeviceGetSamples(TOTAL_POWER)",
        sampling: POWER,
        present: Present::Power,
        factor: 1e-3,
        metric: |m| m.peaks.power,
        own: None,
    },
    Kind {
        call: "nvmlDeviceGetSamples(GPU_UTILIZATION)",
        sampling: GPU,
        present: Present::Gpu,
        factor: 1e-2,
        metric: |m| m.peaks.utilization,
        own: Some((TASK, "general")),
    },
    Kind {
        call: "nvmlDeviceGetSamples(MEMORY_UTILIZATION)",
        sampling: MEMORY,
        present: Present::Memory,
        factor: 1e-2,
        metric: |m| m.peaks.memory_activity,
        own: None,
    },
    Kind {
        call: "nvmlDeviceGetSamples(ENC_UTILIZATION)",
        sampling: ENCODER,
        present: Present::Encoder,
        factor: 1e-2,
        metric: |m| m.peaks.utilization,
        own: Some((TASK, "encoder")),
    },
    Kind {
        call: "nvmlDeviceGetSamples(DEC_UTILIZATION)",
        sampling: DECODER,
        present: Present::Decoder,
        factor: 1e-2,
        metric: |m| m.peaks.utilization,
        own: Some((TASK, "decoder")),
    },
    Kind {
        call: "nvmlDeviceGetSamples(PROCESSOR_CLK)",
        sampling: SM_CLOCK,
        present: Present::Clock(CLOCK_SM),
        factor: 1e6,
        metric: |m| m.peaks.clock,
        own: Some((DOMAIN, "sm")),
    },
    Kind {
        call: "nvmlDeviceGetSamples(MEMORY_CLK)",
        sampling: MEMORY_CLOCK,
        present: Present::Clock(CLOCK_MEM),
        factor: 1e6,
        metric: |m| m.peaks.clock,
        own: Some((DOMAIN, "memory")),
    },
];
