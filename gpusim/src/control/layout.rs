// SPDX-License-Identifier: Apache-2.0
//! The control file, byte for byte: atomics at fixed places.
//!
//! All zeros mean "no faults", so a fresh file needs only its header. Change
//! anything here, or a number in `function.rs`, and [`VERSION`] goes up.

use std::sync::atomic::{AtomicU32, AtomicU64};

use super::gpu::GpuScript;
use super::queue::Queue;
use crate::MAX_GPUS;

/// The first eight bytes of a control file.
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"TCGPUSIM");

/// Version of this layout.
pub(super) const VERSION: u32 = 2;

/// Value of [`Layout::time_ns`] that means real time.
pub(super) const REAL_TIME: u64 = u64::MAX;

/// One row for every function there may ever be, row 0 for rules about all of them.
pub(super) const ROWS: usize = 256;

/// One column per GPU, column 0 for rules about all of them and for calls about none.
pub(super) const COLUMNS: usize = MAX_GPUS as usize + 1;

#[repr(C)]
pub(super) struct Layout {
    /// [`MAGIC`]; written last.
    pub(super) magic: AtomicU64,
    /// [`VERSION`].
    pub(super) version: AtomicU32,
    /// `Profile`, by its number.
    pub(super) profile: AtomicU32,
    /// Bit N: the GPU in slot N is there.
    pub(super) present: AtomicU64,
    /// Seed of the node.
    pub(super) seed: AtomicU64,
    /// Monotonic time at which the simulation began.
    pub(super) epoch_ns: AtomicU64,
    /// The same by the wall clock, in microseconds since 1970.
    pub(super) wall_epoch_us: AtomicU64,
    /// Simulated time if it is set by hand, [`REAL_TIME`] otherwise.
    pub(super) time_ns: AtomicU64,
    /// What calls cost by themselves: `Costs`, by its number.
    pub(super) costs: AtomicU32,
    /// 1 while the kernel module is not loaded.
    pub(super) unloaded: AtomicU32,
    /// How often the kernel module was loaded again.
    pub(super) loads: AtomicU32,
    /// 1 where a PCIe throughput call does not take its 20 ms.
    pub(super) hasty: AtomicU32,
    /// Version of the kernel module that is loaded, ended by zeros; all zeros for the profile's own.
    pub(super) driver: [AtomicU64; 4],
    /// Events about the driver.
    pub(super) system: Queue,
    /// What is scripted about each GPU.
    pub(super) gpus: [GpuScript; MAX_GPUS as usize],
    /// Rules and counters, by function, then by GPU.
    pub(super) rules: [[Rule; COLUMNS]; ROWS],
}

/// What happens to calls, and how many there were.
#[repr(C)]
pub(super) struct Rule {
    /// Return code; 0 for none.
    pub(super) code: AtomicU32,
    /// 1 while calls must not return.
    pub(super) hang: AtomicU32,
    /// Calls that hang in this rule at the moment.
    pub(super) hanging: AtomicU32,
    /// Keeps what follows aligned.
    pub(super) reserved: AtomicU32,
    /// How much longer each call takes, in microseconds.
    pub(super) delay_us: AtomicU64,
    /// Calls that came in.
    pub(super) calls: AtomicU64,
}

const _: () = assert!(size_of::<Rule>() == 32);
const _: () = assert!(size_of::<Queue>() == 8 + 32 * 32);
const _: () = assert!(size_of::<GpuScript>().is_multiple_of(8));
