// SPDX-License-Identifier: Apache-2.0
//! What is asked of GPM, and where it goes.
//!
//! Units are those of the header: percent from 0 to 100, and MiB per second.

use nvml_wrapper_sys::bindings as nvml;
use tracecore_schema::Gauge;

use super::super::Metrics;

/// One metric of the library.
pub(super) struct Row {
    /// The library's number for it.
    pub(super) id: u32,
    /// What becomes of its value.
    pub(super) to: To,
    /// The metric.
    pub(super) metric: fn(&Metrics) -> Gauge<f64>,
    /// What tells it from others of the same metric.
    pub(super) own: Option<(&'static str, &'static str)>,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// Percent, to a ratio.
    Ratio,
    /// MiB per second, to bytes per second.
    Rate,
}

impl To {
    /// The value in base units. Nothing for what is no number: a pair of samples too close
    /// together, or across a reset.
    #[inline]
    pub(super) fn base(self, value: f64) -> Option<f64> {
        if !value.is_finite() || value < 0.0 {
            return None;
        }
        Some(match self {
            // A ratio of counters that are not read at the same instant may exceed 1 by a hair.
            Self::Ratio => (value / 100.0).min(1.0),
            Self::Rate => value * 1_048_576.0,
        })
    }
}

const PIPE: &str = "tracecore.gpu.pipe";
const DIRECTION: &str = "network.io.direction";

const fn row(
    id: u32,
    to: To,
    metric: fn(&Metrics) -> Gauge<f64>,
    own: Option<(&'static str, &'static str)>,
) -> Row {
    Row { id, to, metric, own }
}

/// Everything that is asked.
pub(super) static ROWS: [Row; 16] = [
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_GRAPHICS_UTIL, To::Ratio, |m| m.gpm.graphics, None),
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_SM_UTIL, To::Ratio, |m| m.gpm.sm, None),
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_SM_OCCUPANCY, To::Ratio, |m| m.gpm.occupancy, None),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_ANY_TENSOR_UTIL,
        To::Ratio,
        |m| m.gpm.pipe,
        Some((PIPE, "tensor")),
    ),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_DFMA_TENSOR_UTIL,
        To::Ratio,
        |m| m.gpm.pipe,
        Some((PIPE, "tensor_dfma")),
    ),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_HMMA_TENSOR_UTIL,
        To::Ratio,
        |m| m.gpm.pipe,
        Some((PIPE, "tensor_hmma")),
    ),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_IMMA_TENSOR_UTIL,
        To::Ratio,
        |m| m.gpm.pipe,
        Some((PIPE, "tensor_imma")),
    ),
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_FP64_UTIL, To::Ratio, |m| m.gpm.pipe, Some((PIPE, "fp64"))),
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_FP32_UTIL, To::Ratio, |m| m.gpm.pipe, Some((PIPE, "fp32"))),
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_FP16_UTIL, To::Ratio, |m| m.gpm.pipe, Some((PIPE, "fp16"))),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_INTEGER_UTIL,
        To::Ratio,
        |m| m.gpm.pipe,
        Some((PIPE, "integer")),
    ),
    row(nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_DRAM_BW_UTIL, To::Ratio, |m| m.gpm.dram, None),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_PCIE_TX_PER_SEC,
        To::Rate,
        |m| m.gpm.pcie,
        Some((DIRECTION, "transmit")),
    ),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_PCIE_RX_PER_SEC,
        To::Rate,
        |m| m.gpm.pcie,
        Some((DIRECTION, "receive")),
    ),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_NVLINK_TOTAL_TX_PER_SEC,
        To::Rate,
        |m| m.gpm.nvlink,
        Some((DIRECTION, "transmit")),
    ),
    row(
        nvml::nvmlGpmMetricId_t_NVML_GPM_METRIC_NVLINK_TOTAL_RX_PER_SEC,
        To::Rate,
        |m| m.gpm.nvlink,
        Some((DIRECTION, "receive")),
    ),
];

#[cfg(test)]
mod tests {
    use super::{ROWS, To};

    #[test]
    fn values_come_in_base_units() {
        assert_eq!(To::Ratio.base(87.5), Some(0.875));
        assert_eq!(To::Ratio.base(100.02), Some(1.0), "a ratio is none above 1");
        assert_eq!(To::Rate.base(2.0), Some(2_097_152.0));
        for nothing in [f64::NAN, f64::INFINITY, -0.5] {
            assert_eq!(To::Ratio.base(nothing), None, "{nothing}");
            assert_eq!(To::Rate.base(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn no_metric_is_asked_for_twice() {
        for (at, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..at].iter().all(|earlier| earlier.id != row.id), "{}", row.id);
        }
    }
}
