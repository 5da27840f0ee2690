// SPDX-License-Identifier: Apache-2.0
//! How busy a GPU is.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// How busy a GPU is.
    Utilization {
        /// Share of time in which the GPU was busy with a kind of task: `general` (a kernel was
        /// running), `encoder`, `decoder`, `jpeg`, `ofa` (optical flow).
        ratio: Gauge<f64> = "hw.gpu.utilization", "1", by "hw.gpu.task"
            => "nvmlDeviceGetUtilizationRates, nvmlDeviceGetEncoderUtilization, nvmlDeviceGetDecoderUtilization, nvmlDeviceGetJpgUtilization, nvmlDeviceGetOfaUtilization"
            if "`jpeg`, `ofa`: driver 530; not with MIG on"
            also UTILIZATION;
        /// Share of time in which memory was read or written.
        memory_activity: Gauge<f64> = "tracecore.gpu.memory.activity", "1"
            => "nvmlDeviceGetUtilizationRates" if "not with MIG on"
            also MEMORY_ACTIVITY;
    }
}
