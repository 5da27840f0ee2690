// SPDX-License-Identifier: Apache-2.0
//! What single processes use of a GPU.

use tracecore_schema::{Gauge, UpDownCounter};

super::of_a_gpu! {
    /// What single processes use of a GPU.
    Processes {
        /// Memory of the GPU that a process holds. Only if `processes` is on, and for as many processes
        /// of a GPU as its `limit` says. Its pid is that of the host.
        memory: UpDownCounter<i64> = "tracecore.gpu.process.memory.usage", "By",
            by "process.pid", "process.executable.name", "tracecore.gpu.process.type"
            => "nvmlDeviceGetComputeRunningProcesses_v3, Graphics and MPSCompute"
            if "driver 510";
        /// Share of time in which a process kept the GPU busy with a kind of task: `general`, `memory`
        /// (read or written), `encoder`, `decoder`.
        utilization: Gauge<f64> = "tracecore.gpu.process.utilization", "1",
            by "process.pid", "process.executable.name", "tracecore.gpu.process.type", "hw.gpu.task"
            => "nvmlDeviceGetProcessUtilization" if "not with MIG";
        /// Processes that use the GPU, those included that are not shown one by one.
        count: Gauge<u64> = "tracecore.gpu.processes", "{process}"
            => "nvmlDeviceGetComputeRunningProcesses_v3, Graphics and MPSCompute" if "driver 510";
        /// Processes that are not shown one by one: they are more than `limit`, or came since the last
        /// look for devices.
        omitted: Gauge<u64> = "tracecore.gpu.processes.omitted", "{process}"
            => "nvmlDeviceGetComputeRunningProcesses_v3, Graphics and MPSCompute" if "driver 510";
    }
}
