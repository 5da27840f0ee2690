// SPDX-License-Identifier: Apache-2.0
//! Memory of a GPU or an instance, and the part that the bus can see.

use super::View;

/// Memory in bytes: the total is what is reserved, used and free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryInfo {
    /// All memory of the board, or of the instance.
    pub total: u64,
    /// What driver and firmware keep.
    pub reserved: u64,
    /// Allocated.
    pub used: u64,
    /// Not allocated.
    pub free: u64,
}

/// Memory that the bus can see, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar1 {
    /// All of it.
    pub total: u64,
    /// Mapped.
    pub used: u64,
}

/// The driver maps this much for itself, and this much more for whoever has the GPU open.
const MAPPED: u64 = 1 << 20;
const MAPPED_OPEN: u64 = 4 << 20;

impl View<'_> {
    /// Memory, with what is reserved shown apart.
    #[must_use]
    pub fn memory(&self) -> MemoryInfo {
        let (spec, reading) = (self.spec(), self.reading());
        let Some(instance) = self.instance() else {
            return MemoryInfo {
                total: spec.memory_total,
                reserved: spec.memory_reserved,
                used: reading.memory_used,
                free: reading.memory_free,
            };
        };
        // An instance has its part of everything.
        let parts: u32 = self.mig().instances().map(|instance| instance.memory_slices()).sum();
        let part = |bytes: u64| bytes / u64::from(parts) * u64::from(instance.memory_slices());
        let total = instance.memory(spec);
        let reserved = part(spec.memory_reserved).min(total);
        let used = part(reading.memory_used).min(total - reserved);
        MemoryInfo { total, reserved, used, free: total - reserved - used }
    }

    /// Memory that the bus can see.
    #[must_use]
    pub fn bar1(&self) -> Bar1 {
        let open = if self.reading().open { MAPPED_OPEN } else { 0 };
        Bar1 { total: self.spec().bar1_total, used: MAPPED + open }
    }
}
