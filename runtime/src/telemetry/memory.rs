// SPDX-License-Identifier: Apache-2.0
//! What the memory guard tells of itself.

use std::sync::atomic::AtomicU64;

/// Written by the guard, read by whoever scrapes.
#[derive(Debug, Default)]
pub(crate) struct MemoryTelemetry {
    /// How many bytes the process may have; 0 without a limit.
    pub(crate) limit: AtomicU64,
    /// Bytes of frames that were let go of because the process was near its limit.
    pub(crate) shed: AtomicU64,
    /// 1 from the upper mark until below the lower one.
    pub(crate) pressed: AtomicU64,
}
