// SPDX-License-Identifier: Apache-2.0
//! The NVLink fabric: whether the GPU has joined it, and how it is.

use tracecore_schema::{Gauge, UpDownCounter};

super::of_a_gpu! {
    /// The NVLink fabric.
    Fabric {
        /// How far joining the fabric has come; 1 for the present state, 0 for the others:
        /// `not_started`, `in_progress`, `completed`.
        state: UpDownCounter<i64> = "tracecore.gpu.fabric.state", "1", by "tracecore.gpu.state"
            => "nvmlDeviceGetGpuFabricInfoV" if "driver 550, Hopper with NVSwitch";
        /// NVML's code of how joining ended: 0 is success.
        status: Gauge<u64> = "tracecore.gpu.fabric.status", "{code}"
            => "nvmlDeviceGetGpuFabricInfoV" if "driver 550, Hopper with NVSwitch";
        /// 1 if something is the matter with the fabric, else 0: `degraded_bandwidth`,
        /// `route_recovery`, `route_unhealthy`, `access_timeout_recovery`. Those that the GPU does
        /// not watch are left out.
        trouble: UpDownCounter<i64> = "tracecore.gpu.fabric.trouble", "1", by "tracecore.gpu.fabric.check"
            => "nvmlDeviceGetGpuFabricInfoV" if "driver 550, Hopper with NVSwitch";
        /// Always 1 once the GPU has joined; its attributes say what.
        info: Gauge<u64> = "tracecore.gpu.fabric.info", "{gpu}",
            by "tracecore.gpu.fabric.cluster.id", "tracecore.gpu.fabric.clique.id"
            => "nvmlDeviceGetGpuFabricInfoV" if "driver 550, Hopper with NVSwitch";
    }
}
