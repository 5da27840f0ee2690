// SPDX-License-Identifier: Apache-2.0
//! A GPU's memory.

use nvml_wrapper_sys::bindings::nvmlMemory_v2_t;

use super::super::driver::Device;
use super::super::reading::{Read, reading};
use super::bytes;

reading! {
    /// All of it, from one call, so that the parts add up.
    All: EachTick, "nvmlDeviceGetMemoryInfo_v2", Device::memory => nvmlMemory_v2_t, |memory| {
        limit: i64 = memory.limit [] => bytes(memory.total);
        usage: i64 = memory.usage [] => bytes(memory.used);
        // A GPU without memory of its own (some integrated ones) has no share of it: no value.
        utilization: f64 = memory.utilization [] => memory.used as f64 / memory.total.max(1) as f64;
        free: i64 = memory.free [] => bytes(memory.free);
        reserved: i64 = memory.reserved [] => bytes(memory.reserved);
    }
}

/// A GPU's memory.
pub(in super::super) type Memory = (Read<All>,);
