// SPDX-License-Identifier: Apache-2.0
//! Whether a GPU is well, and what is to be done if not.

use tracecore_schema::UpDownCounter;

super::of_a_gpu! {
    /// Whether a GPU is well.
    Health {
        /// 1 for the present state, 0 for the others. `failed`: the driver asks for a reset or
        /// restart, or a row of memory could not be remapped. `predicted_failure`: memory is to be
        /// taken out of use with the next reset, or SRAM has had too many errors. `degraded`: heat or
        /// power slows it down, or the fabric is in trouble. `ok`: none of these is known.
        status: UpDownCounter<i64> = "hw.status", "1", by "hw.type", "hw.state"
            => "derived from the other metrics of the same tick";
        /// What the driver asks for; 1 for that, 0 for the others: `none`, `gpu_reset`,
        /// `node_reboot`, `drain_p2p`, `drain_and_reset`.
        recovery: UpDownCounter<i64> = "tracecore.gpu.recovery_action", "1", by "tracecore.gpu.action"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_GET_GPU_RECOVERY_ACTION)" if "driver 570";
    }
}
