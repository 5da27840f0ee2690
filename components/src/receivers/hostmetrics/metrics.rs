// SPDX-License-Identifier: Apache-2.0
//! What it emits: OpenTelemetry's semantic conventions 1.45 where they have a name, the names of
//! the OpenTelemetry Collector's hostmetrics receiver where they do not (load averages, pending
//! operations, inodes).

use tracecore_schema::{Counter, Gauge, MetricSet, UpDownCounter};

/// The host's metrics.
#[derive(Clone, Copy, Debug, MetricSet)]
pub struct Metrics {
    /// Time the CPUs spent in each mode.
    #[metric(name = "system.cpu.time", unit = "s", attributes("cpu.mode", "cpu.logical_number"))]
    pub cpu_time: Counter<f64>,
    /// Share of the time since the last reading that the CPUs spent in each mode.
    #[metric(name = "system.cpu.utilization", unit = "1", attributes("cpu.mode", "cpu.logical_number"))]
    pub cpu_utilization: Gauge<f64>,
    /// Logical CPUs that are online.
    #[metric(name = "system.cpu.logical.count", unit = "{cpu}")]
    pub cpu_logical: UpDownCounter<i64>,
    /// Physical cores that are online.
    #[metric(name = "system.cpu.physical.count", unit = "{cpu}")]
    pub cpu_physical: UpDownCounter<i64>,
    /// Tasks that run or wait for a CPU (`running`) and tasks that wait for a disk (`blocked`).
    #[metric(name = "system.process.count", unit = "{process}", attributes("process.state"))]
    pub processes: UpDownCounter<i64>,
    /// Tasks created since the machine started.
    #[metric(name = "system.process.created", unit = "{process}")]
    pub processes_created: Counter<u64>,
    /// Memory in each state; the states add up to the limit.
    #[metric(name = "system.memory.usage", unit = "By", attributes("system.memory.state"))]
    pub memory_usage: UpDownCounter<i64>,
    /// Share of the memory in each state.
    #[metric(name = "system.memory.utilization", unit = "1", attributes("system.memory.state"))]
    pub memory_utilization: Gauge<f64>,
    /// Memory of the machine.
    #[metric(name = "system.memory.limit", unit = "By")]
    pub memory_limit: UpDownCounter<i64>,
    /// Memory that could be used without swapping, as the kernel estimates it.
    #[metric(name = "system.memory.linux.available", unit = "By")]
    pub memory_available: UpDownCounter<i64>,
    /// Shared memory, mostly of tmpfs.
    #[metric(name = "system.memory.linux.shared", unit = "By")]
    pub memory_shared: UpDownCounter<i64>,
    /// Memory of the kernel's object caches.
    #[metric(
        name = "system.memory.linux.slab.usage",
        unit = "By",
        attributes("system.memory.linux.slab.state")
    )]
    pub memory_slab: UpDownCounter<i64>,
    /// Swap space in each state.
    #[metric(name = "system.paging.usage", unit = "By", attributes("system.paging.state"))]
    pub paging_usage: UpDownCounter<i64>,
    /// Share of the swap space in each state; absent without swap.
    #[metric(name = "system.paging.utilization", unit = "1", attributes("system.paging.state"))]
    pub paging_utilization: Gauge<f64>,
    /// Page faults since the machine started.
    #[metric(name = "system.paging.faults", unit = "{fault}", attributes("system.paging.fault.type"))]
    pub paging_faults: Counter<u64>,
    /// Pages swapped in and out since the machine started.
    #[metric(name = "system.paging.operations", unit = "{operation}", attributes("system.paging.direction"))]
    pub paging_operations: Counter<u64>,
    /// Threads that ran, wanted to run or waited for a disk, on average over a minute.
    #[metric(name = "system.cpu.load_average.1m", unit = "{thread}")]
    pub load_1m: Gauge<f64>,
    /// Threads that ran, wanted to run or waited for a disk, on average over five minutes.
    #[metric(name = "system.cpu.load_average.5m", unit = "{thread}")]
    pub load_5m: Gauge<f64>,
    /// Threads that ran, wanted to run or waited for a disk, on average over fifteen minutes.
    #[metric(name = "system.cpu.load_average.15m", unit = "{thread}")]
    pub load_15m: Gauge<f64>,
    /// Time since the machine started.
    #[metric(name = "system.uptime", unit = "s")]
    pub uptime: Gauge<f64>,
    /// Bytes read from and written to the disk.
    #[metric(name = "system.disk.io", unit = "By", attributes("system.device", "disk.io.direction"))]
    pub disk_io: Counter<u64>,
    /// Operations that the disk completed.
    #[metric(
        name = "system.disk.operations",
        unit = "{operation}",
        attributes("system.device", "disk.io.direction")
    )]
    pub disk_operations: Counter<u64>,
    /// Time that operations took, added up; grows faster than time while several run at once.
    #[metric(
        name = "system.disk.operation_time",
        unit = "s",
        attributes("system.device", "disk.io.direction")
    )]
    pub disk_operation_time: Counter<f64>,
    /// Time in which the disk was busy.
    #[metric(name = "system.disk.io_time", unit = "s", attributes("system.device"))]
    pub disk_io_time: Counter<f64>,
    /// Operations that were merged into others.
    #[metric(
        name = "system.disk.merged",
        unit = "{operation}",
        attributes("system.device", "disk.io.direction")
    )]
    pub disk_merged: Counter<u64>,
    /// Operations under way now.
    #[metric(name = "system.disk.pending_operations", unit = "{operation}", attributes("system.device"))]
    pub disk_pending: UpDownCounter<i64>,
    /// Capacity of the disk.
    #[metric(name = "system.disk.limit", unit = "By", attributes("system.device"))]
    pub disk_limit: UpDownCounter<i64>,
    /// Space in each state; the states add up to the limit.
    #[metric(
        name = "system.filesystem.usage",
        unit = "By",
        attributes(
            "system.device",
            "system.filesystem.type",
            "system.filesystem.mode",
            "system.filesystem.mountpoint",
            "system.filesystem.state"
        )
    )]
    pub filesystem_usage: UpDownCounter<i64>,
    /// Share of the space that is used, as `df` counts it: of what is used or free for everybody.
    #[metric(
        name = "system.filesystem.utilization",
        unit = "1",
        attributes(
            "system.device",
            "system.filesystem.type",
            "system.filesystem.mode",
            "system.filesystem.mountpoint"
        )
    )]
    pub filesystem_utilization: Gauge<f64>,
    /// Capacity of the filesystem.
    #[metric(
        name = "system.filesystem.limit",
        unit = "By",
        attributes(
            "system.device",
            "system.filesystem.type",
            "system.filesystem.mode",
            "system.filesystem.mountpoint"
        )
    )]
    pub filesystem_limit: UpDownCounter<i64>,
    /// Inodes in each state; absent where the filesystem has no fixed number of them.
    #[metric(
        name = "system.filesystem.inodes.usage",
        unit = "{inode}",
        attributes(
            "system.device",
            "system.filesystem.type",
            "system.filesystem.mode",
            "system.filesystem.mountpoint",
            "system.filesystem.state"
        )
    )]
    pub filesystem_inodes: UpDownCounter<i64>,
    /// Bytes received and transmitted.
    #[metric(
        name = "system.network.io",
        unit = "By",
        attributes("network.interface.name", "network.io.direction")
    )]
    pub network_io: Counter<u64>,
    /// Packets received and transmitted.
    #[metric(
        name = "system.network.packet.count",
        unit = "{packet}",
        attributes("network.interface.name", "network.io.direction")
    )]
    pub network_packets: Counter<u64>,
    /// Errors in receiving and transmitting.
    #[metric(
        name = "system.network.errors",
        unit = "{error}",
        attributes("network.interface.name", "network.io.direction")
    )]
    pub network_errors: Counter<u64>,
    /// Packets dropped although there was no error.
    #[metric(
        name = "system.network.packet.dropped",
        unit = "{packet}",
        attributes("network.interface.name", "network.io.direction")
    )]
    pub network_dropped: Counter<u64>,
    /// CPU time of the collector.
    #[metric(name = "process.cpu.time", unit = "s", attributes("cpu.mode"))]
    pub process_cpu_time: Counter<f64>,
    /// CPU time of the collector since the last reading, as a share of what all CPUs could give.
    #[metric(name = "process.cpu.utilization", unit = "1", attributes("cpu.mode"))]
    pub process_cpu_utilization: Gauge<f64>,
    /// Physical memory of the collector.
    #[metric(name = "process.memory.usage", unit = "By")]
    pub process_memory_usage: UpDownCounter<i64>,
    /// Virtual memory of the collector.
    #[metric(name = "process.memory.virtual", unit = "By")]
    pub process_memory_virtual: UpDownCounter<i64>,
    /// Threads of the collector.
    #[metric(name = "process.thread.count", unit = "{thread}")]
    pub process_threads: UpDownCounter<i64>,
    /// File descriptors that the collector has open.
    #[metric(name = "process.unix.file_descriptor.count", unit = "{file_descriptor}")]
    pub process_files: UpDownCounter<i64>,
    /// Page faults of the collector.
    #[metric(name = "process.paging.faults", unit = "{fault}", attributes("system.paging.fault.type"))]
    pub process_faults: Counter<u64>,
    /// Context switches of the collector, all threads together.
    #[metric(
        name = "process.context_switches",
        unit = "{context_switch}",
        attributes("process.context_switch.type")
    )]
    pub process_switches: Counter<u64>,
    /// Bytes that the collector had read from and written to storage.
    #[metric(name = "process.disk.io", unit = "By", attributes("disk.io.direction"))]
    pub process_disk_io: Counter<u64>,
    /// Time since the collector started.
    #[metric(name = "process.uptime", unit = "s")]
    pub process_uptime: Gauge<f64>,
}
