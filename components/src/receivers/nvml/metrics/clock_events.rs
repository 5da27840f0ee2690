// SPDX-License-Identifier: Apache-2.0
//! Why clocks are held back: now, and for how long altogether.

use tracecore_schema::{Counter, UpDownCounter};

super::of_a_gpu! {
    /// Why clocks are held back.
    ClockEvents {
        /// 1 while clocks are held back for a reason, else 0: `gpu_idle`, `application_clocks`,
        /// `sw_power_cap`, `hw_slowdown`, `sync_boost`, `sw_thermal`, `hw_thermal`,
        /// `hw_power_brake`, `display_clocks`.
        active: UpDownCounter<i64> = "tracecore.gpu.clock.event.active", "1", by "tracecore.gpu.clock.event.reason"
            => "nvmlDeviceGetCurrentClocksEventReasons, before driver 535 nvmlDeviceGetCurrentClocksThrottleReasons";
        /// Time for which clocks were held back since the driver was loaded, by reason. Besides those
        /// of the states there are `thermal` (any of them), `board_limit`, `low_utilization`,
        /// `reliability` and `base_clocks` (below the base clocks for whatever reason).
        time: Counter<f64> = "tracecore.gpu.clock.event.time", "s", by "tracecore.gpu.clock.event.reason"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_PERF_POLICY_*, NVML_FI_DEV_CLOCKS_EVENT_REASON_*)"
            if "`sw_thermal`, `hw_thermal`, `hw_power_brake`: driver 565";
    }
}
