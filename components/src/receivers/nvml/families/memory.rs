// SPDX-License-Identifier: Apache-2.0
//! A GPU's memory, and the window through which the CPU reaches it.

use nvml_wrapper_sys::bindings::{nvmlBAR1Memory_t, nvmlMemory_t, nvmlMemory_v2_t};

use super::super::driver::Device;
use super::super::reading::{Else, Read, reading};
use super::bytes;

reading! {
    /// All of it, from one call, so that the parts add up.
    All: EachTick, "nvmlDeviceGetMemoryInfo_v2", Device::memory => nvmlMemory_v2_t, |memory| {
        limit: i64 = memory.limit [] => bytes(memory.total);
        usage: i64 = memory.usage [] => bytes(memory.used);
        utilization: f64 = memory.utilization [] => share(memory.used, memory.total);
        free: i64 = memory.free [] => bytes(memory.free);
        reserved: i64 = memory.reserved [] => bytes(memory.reserved);
    }
    /// The same of a driver that does not tell what is reserved from what is used.
    Older: EachTick, "nvmlDeviceGetMemoryInfo", Device::memory_v1 => nvmlMemory_t, |memory| {
        limit: i64 = memory.limit [] => bytes(memory.total);
        usage: i64 = memory.usage [] => bytes(memory.used);
        utilization: f64 = memory.utilization [] => share(memory.used, memory.total);
        free: i64 = memory.free [] => bytes(memory.free);
    }
    /// The window.
    Bar1: EachTick, "nvmlDeviceGetBAR1MemoryInfo", Device::bar1 => nvmlBAR1Memory_t, |window| {
        limit: i64 = memory.bar1_limit [] => bytes(window.bar1Total);
        usage: i64 = memory.bar1_usage [] => bytes(window.bar1Used);
    }
}

/// A GPU's memory.
pub(in super::super) type Memory = (Else<Read<All>, Read<Older>>, Read<Bar1>);

/// A GPU without memory of its own (some integrated ones) uses none of it.
fn share(used: u64, total: u64) -> f64 {
    used as f64 / total.max(1) as f64
}
