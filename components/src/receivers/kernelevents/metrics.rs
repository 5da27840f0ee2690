// SPDX-License-Identifier: Apache-2.0
//! What it counts.

use tracecore_schema::{Counter, Gauge, MetricSet};

/// What the kernel said, in numbers.
#[derive(Clone, Copy, Debug, MetricSet)]
pub struct Metrics {
    /// Xid errors that the driver reported, by code and by where they were read.
    #[metric(
        name = "tracecore.gpu.xid.errors",
        unit = "{error}",
        attributes(
            "hw.id",
            "hw.name",
            "hw.model",
            "hw.vendor",
            "hw.serial_number",
            "hw.driver_version",
            "hw.firmware_version",
            "hw.parent",
            "tracecore.gpu.mig.gpu_instance.id",
            "tracecore.gpu.mig.compute_instance.id",
            "tracecore.gpu.xid.code",
            "tracecore.gpu.xid.action",
            "source"
        )
    )]
    pub xids: Counter<u64>,
    /// When the kernel last reported an Xid of this code, in seconds since 1970 (UTC).
    #[metric(
        name = "tracecore.gpu.xid.last_seen",
        unit = "s",
        attributes(
            "hw.id",
            "hw.name",
            "hw.model",
            "hw.vendor",
            "hw.serial_number",
            "hw.driver_version",
            "hw.firmware_version",
            "hw.parent",
            "tracecore.gpu.mig.gpu_instance.id",
            "tracecore.gpu.mig.compute_instance.id",
            "tracecore.gpu.xid.code",
            "tracecore.gpu.xid.action",
            "source"
        )
    )]
    pub xid_last_seen: Gauge<f64>,
    /// 1 since the driver has said that it reports only some of the GPU's Xids 119, which are
    /// undercounted from then on; 0 before.
    #[metric(
        name = "tracecore.gpu.xid.rate_limited",
        unit = "{gpu}",
        attributes(
            "hw.id",
            "hw.name",
            "hw.model",
            "hw.vendor",
            "hw.serial_number",
            "hw.driver_version",
            "hw.firmware_version",
            "hw.parent"
        )
    )]
    pub rate_limited: Gauge<u64>,
    /// SXid errors that the NVSwitch driver reported, by code and by what it calls them.
    #[metric(
        name = "tracecore.nvswitch.sxid.errors",
        unit = "{error}",
        attributes(
            "hw.id",
            "hw.name",
            "hw.vendor",
            "tracecore.nvswitch.sxid.code",
            "tracecore.nvswitch.sxid.severity",
            "source"
        )
    )]
    pub sxids: Counter<u64>,
    /// What the kernel said is wrong with the machine, by kind.
    #[metric(name = "tracecore.kernel.events", unit = "{event}", attributes("tracecore.kernel.event"))]
    pub events: Counter<u64>,
    /// When the kernel last said so, in seconds since 1970 (UTC).
    #[metric(name = "tracecore.kernel.event.last_seen", unit = "s", attributes("tracecore.kernel.event"))]
    pub event_last_seen: Gauge<f64>,
    /// Records of the kernel's log by what became of them: `read`, `malformed`, `oversized`,
    /// `duplicate` (it came through the other source before).
    #[metric(
        name = "tracecore.kernel.records",
        unit = "{record}",
        attributes("source", "tracecore.kernel.record.outcome")
    )]
    pub records: Counter<u64>,
    /// Records that the kernel overwrote before they were read.
    #[metric(name = "tracecore.kernel.records.lost", unit = "{record}", attributes("source"))]
    pub lost: Counter<u64>,
}
