// SPDX-License-Identifier: Apache-2.0
//! Extremes and means over the sliding `peak_window`, from the driver's own samples.

use tracecore_schema::{Counter, Gauge};

super::of_a_gpu! {
    /// Extremes and means over `peak_window`.
    Peaks {
        /// Power over the last `peak_window`: `max`, `min` and `mean` of the driver's own samples.
        power: Gauge<f64> = "tracecore.gpu.power.peak", "W", by "tracecore.gpu.statistic"
            => "nvmlDeviceGetSamples(TOTAL_POWER)";
        /// Share of time in which the GPU was busy with a kind of task, over the last `peak_window`:
        /// `max`, `min` and `mean` of the driver's own samples.
        utilization: Gauge<f64> = "tracecore.gpu.utilization.peak", "1",
            by "hw.gpu.task", "tracecore.gpu.statistic"
            => "nvmlDeviceGetSamples(GPU_UTILIZATION, ENC_UTILIZATION, DEC_UTILIZATION)";
        /// Share of time in which memory was read or written, over the last `peak_window`: `max`,
        /// `min` and `mean` of the driver's own samples.
        memory_activity: Gauge<f64> = "tracecore.gpu.memory.activity.peak", "1",
            by "tracecore.gpu.statistic" => "nvmlDeviceGetSamples(MEMORY_UTILIZATION)";
        /// Speed of a clock over the last `peak_window`: `max`, `min` and `mean` of the driver's own
        /// samples.
        clock: Gauge<f64> = "tracecore.gpu.clock.frequency.peak", "Hz",
            by "tracecore.gpu.clock.domain", "tracecore.gpu.statistic"
            => "nvmlDeviceGetSamples(PROCESSOR_CLK, MEMORY_CLK)";
        /// Times at which samples were lost between two readings: the driver's ring buffer was
        /// overrun, or its clock was set back. A peak may be missing then.
        gaps: Counter<u64> = "tracecore.gpu.samples.gaps", "{gap}" => "nvmlDeviceGetSamples";
    }
}
