// SPDX-License-Identifier: Apache-2.0
//! Xids and other critical events.

use tracecore_schema::{Counter, Gauge};

super::of_a_gpu! {
    /// Xids and other critical events.
    Events {
        /// Xid errors that the driver reported, by code and by where they were read.
        xids: Counter<u64> = "tracecore.gpu.xid.errors", "{error}",
            by "tracecore.gpu.xid.code", "tracecore.gpu.xid.action", "source"
            => "nvmlEventSetWait_v2";
        /// Code of the last Xid since the driver was opened, 0 before the first. It stays until the
        /// next one: to see that something happened, look at `tracecore.gpu.xid.errors`.
        last_xid: Gauge<u64> = "tracecore.gpu.xid.last", "{code}" => "nvmlEventSetWait_v2"
            also LAST_XID;
        /// Events that the driver reported, by kind: `xid`, `single_bit_ecc_error`,
        /// `double_bit_ecc_error`, `single_bit_ecc_error_storm`, `dram_retirement`,
        /// `dram_retirement_failure`, `poison_error`, `fatal_poison_error`, `gpu_unavailable`,
        /// `recovery_action_change`, `mig_config_change`, `power_source_change`, `clock_change`; those
        /// that the GPU supports.
        events: Counter<u64> = "tracecore.gpu.events", "{event}", by "tracecore.gpu.event"
            => "nvmlEventSetWait_v2";
    }
}
