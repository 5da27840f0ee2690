// SPDX-License-Identifier: Apache-2.0
//! A GPU's memory.

use tracecore_schema::{Gauge, UpDownCounter};

super::of_a_gpu! {
    /// A GPU's memory.
    Memory {
        /// All memory of the GPU.
        limit: UpDownCounter<i64> = "hw.gpu.memory.limit", "By";
        /// Memory that is allocated, without what driver and firmware keep.
        usage: UpDownCounter<i64> = "hw.gpu.memory.usage", "By";
        /// Allocated share of all memory.
        utilization: Gauge<f64> = "hw.gpu.memory.utilization", "1";
        /// Memory that can be allocated.
        free: UpDownCounter<i64> = "tracecore.gpu.memory.free", "By";
        /// Memory that driver and firmware keep for themselves.
        reserved: UpDownCounter<i64> = "tracecore.gpu.memory.reserved", "By";
    }
}
