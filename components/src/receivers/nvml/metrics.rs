// SPDX-License-Identifier: Apache-2.0
//! What it emits: OpenTelemetry's hardware conventions (1.44, status Development) where they
//! have a name, `tracecore.gpu.*` in the same style where they have none.
//!
//! Base units throughout: W, J, Cel, Hz, By, and ratios from 0 to 1.

use tracecore_schema::{Counter, Gauge, MetricSet, UpDownCounter};

/// Every series is about one GPU and carries what names it; the list stands here once.
macro_rules! of_a_gpu {
    ($(
        $(#[doc = $doc:literal])*
        $field:ident: $ty:ty = $name:tt, $unit:tt $(, by $($own:tt),+)?;
    )*) => {
        /// The metrics of a GPU.
        #[derive(Clone, Copy, Debug, MetricSet)]
        pub struct Metrics {
            $(
                $(#[doc = $doc])*
                #[metric(
                    name = $name,
                    unit = $unit,
                    attributes(
                        "hw.id",
                        "hw.name",
                        "hw.model",
                        "hw.vendor",
                        "hw.serial_number",
                        "hw.driver_version",
                        "hw.firmware_version"
                        $($(, $own)+)?
                    )
                )]
                pub $field: $ty,
            )*
        }
    };
}

of_a_gpu! {
    /// Share of time in which the GPU was busy with a kind of task: `general` (a kernel was
    /// running), `encoder`, `decoder`.
    utilization: Gauge<f64> = "hw.gpu.utilization", "1", by "hw.gpu.task";

    /// All memory of the GPU.
    memory_limit: UpDownCounter<i64> = "hw.gpu.memory.limit", "By";
    /// Memory that is allocated, without what driver and firmware keep.
    memory_usage: UpDownCounter<i64> = "hw.gpu.memory.usage", "By";
    /// Allocated share of all memory.
    memory_utilization: Gauge<f64> = "hw.gpu.memory.utilization", "1";
    /// Memory that can be allocated.
    memory_free: UpDownCounter<i64> = "tracecore.gpu.memory.free", "By";
    /// Memory that driver and firmware keep for themselves.
    memory_reserved: UpDownCounter<i64> = "tracecore.gpu.memory.reserved", "By";
    /// Share of time in which memory was read or written.
    memory_activity: Gauge<f64> = "tracecore.gpu.memory.activity", "1";

    /// Power that the GPU draws.
    power: Gauge<f64> = "hw.power", "W", by "hw.type";
    /// Power that the GPU may draw: `enforced` is the least of all limits.
    power_limit: Gauge<f64> = "tracecore.gpu.power.limit", "W", by "hw.limit_type";
    /// Energy that the GPU has used since the driver was loaded.
    energy: Counter<f64> = "hw.energy", "J", by "hw.type";

    /// Temperature of the die (`gpu`) and of the memory (`memory`).
    temperature: Gauge<f64> = "hw.temperature", "Cel", by "hw.sensor_location";
    /// Temperature at which something happens: `max` (clocks boost no more), `high.degraded`
    /// (the GPU slows down), `high.critical` (it switches itself off).
    temperature_limit: Gauge<f64> = "hw.temperature.limit", "Cel", by "hw.sensor_location", "hw.limit_type";

    /// Present speed of a clock.
    clock: Gauge<u64> = "tracecore.gpu.clock.frequency", "Hz", by "tracecore.gpu.clock.domain";
    /// Highest speed of a clock.
    clock_limit: Gauge<u64> = "tracecore.gpu.clock.limit", "Hz", by "tracecore.gpu.clock.domain";

    /// Always 1 while the GPU answers; its attributes say where the GPU is.
    info: Gauge<u64> = "tracecore.gpu.info", "{gpu}", by "hw.type", "tracecore.gpu.index", "tracecore.gpu.pci.address";
}
