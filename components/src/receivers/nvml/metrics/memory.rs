// SPDX-License-Identifier: Apache-2.0
//! A GPU's memory.

use tracecore_schema::{Gauge, UpDownCounter};

super::of_a_gpu! {
    /// A GPU's memory.
    Memory {
        /// All memory of the GPU.
        limit: UpDownCounter<i64> = "hw.gpu.memory.limit", "By" => "nvmlDeviceGetMemoryInfo_v2"
            also MEMORY_LIMIT;
        /// Memory that is allocated, without what driver and firmware keep; a driver before 510
        /// does not tell them apart.
        usage: UpDownCounter<i64> = "hw.gpu.memory.usage", "By" => "nvmlDeviceGetMemoryInfo_v2"
            also MEMORY_USAGE;
        /// Allocated share of all memory.
        utilization: Gauge<f64> = "hw.gpu.memory.utilization", "1" => "nvmlDeviceGetMemoryInfo_v2";
        /// Memory that can be allocated.
        free: UpDownCounter<i64> = "tracecore.gpu.memory.free", "By" => "nvmlDeviceGetMemoryInfo_v2"
            also MEMORY_FREE;
        /// Memory that driver and firmware keep for themselves.
        reserved: UpDownCounter<i64> = "tracecore.gpu.memory.reserved", "By"
            => "nvmlDeviceGetMemoryInfo_v2" if "driver 510"
            also MEMORY_RESERVED;
        /// Window through which the CPU reaches the GPU's memory (BAR1): all of it.
        bar1_limit: UpDownCounter<i64> = "tracecore.gpu.bar1.limit", "By" => "nvmlDeviceGetBAR1MemoryInfo";
        /// Used part of that window.
        bar1_usage: UpDownCounter<i64> = "tracecore.gpu.bar1.usage", "By" => "nvmlDeviceGetBAR1MemoryInfo";
    }
}
