// SPDX-License-Identifier: Apache-2.0
//! How busy a GPU is.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// How busy a GPU is.
    Utilization {
        /// Share of time in which the GPU was busy with a kind of task: `general` (a kernel was
        /// running), `encoder`, `decoder`.
        ratio: Gauge<f64> = "hw.gpu.utilization", "1", by "hw.gpu.task";
        /// Share of time in which memory was read or written.
        memory_activity: Gauge<f64> = "tracecore.gpu.memory.activity", "1";
    }
}
