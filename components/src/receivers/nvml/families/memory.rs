// SPDX-License-Identifier: Apache-2.0
//! A GPU's memory.

use tracecore_runtime::{Batch, Slot};

use super::super::code::Code;
use super::super::driver::{self, Device};
use super::super::readings::{Reading, Series};

/// All of it, from one call, so that the parts add up.
#[derive(Debug)]
pub(in super::super) struct Memory {
    limit: Slot<i64>,
    usage: Slot<i64>,
    utilization: Slot<f64>,
    free: Slot<i64>,
    reserved: Slot<i64>,
}

impl Reading for Memory {
    const CALL: &'static str = "nvmlDeviceGetMemoryInfo_v2";
    const SERIES: usize = 5;
    type Value = driver::Memory;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<Self::Value, Code> {
        device.memory()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self {
            limit: series.begin(|m| m.memory_limit, []),
            usage: series.begin(|m| m.memory_usage, []),
            utilization: series.begin(|m| m.memory_utilization, []),
            free: series.begin(|m| m.memory_free, []),
            reserved: series.begin(|m| m.memory_reserved, []),
        }
    }

    #[inline]
    fn set(&self, value: Self::Value, out: &mut Batch) {
        out.set(self.limit, bytes(value.total));
        out.set(self.usage, bytes(value.used));
        // A GPU without memory of its own (some integrated ones) has no share of it.
        if value.total > 0 {
            out.set(self.utilization, value.used as f64 / value.total as f64);
        }
        out.set(self.free, bytes(value.free));
        out.set(self.reserved, bytes(value.reserved));
    }
}

/// 8 EiB of memory are far off.
fn bytes(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
