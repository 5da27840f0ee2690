// SPDX-License-Identifier: Apache-2.0
//! Clocks: how fast they run, and how fast they can.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// Clocks.
    Clocks {
        /// Present speed of a clock: `graphics`, `sm`, `memory`, `video`.
        frequency: Gauge<u64> = "tracecore.gpu.clock.frequency", "Hz", by "tracecore.gpu.clock.domain"
            => "nvmlDeviceGetClockInfo"
            also CLOCKS;
        /// Highest speed of a clock.
        limit: Gauge<u64> = "tracecore.gpu.clock.limit", "Hz", by "tracecore.gpu.clock.domain"
            => "nvmlDeviceGetMaxClockInfo";
        /// Performance state, from 0 (fastest) to 15.
        performance_state: Gauge<u64> = "tracecore.gpu.performance_state", "{state}"
            => "nvmlDeviceGetPerformanceState";
    }
}
