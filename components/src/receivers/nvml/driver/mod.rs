// SPDX-License-Identifier: Apache-2.0
//! The driver as the collector sees it, in the library's own units.
//!
//! Two types implement it: the driver's library, loaded by path, and the simulation. Which of
//! them runs is a type, chosen when the pipeline is built.
//!
//! Invariant: a call here is one call of the library, and those of [`Device`] that are read
//! each tick allocate nothing when they succeed.

mod library;
mod real;
mod simulated;

pub(crate) use library::{LoadError, kernel_driver_version, unreadable_nodes};
pub(crate) use real::RealDriver;
pub(crate) use simulated::SimulatedDriver;

use super::code::Code;

/// A driver that has been opened.
pub(crate) trait Driver: Send + 'static {
    /// One of its GPUs.
    type Device: Device;

    /// The driver's version: `580.95.05`.
    fn version(&self) -> Result<String, Code>;
    /// How many GPUs there are, those included that do not answer.
    fn count(&self) -> Result<u32, Code>;
    /// The GPU at this place.
    fn device(&self, index: u32) -> Result<Self::Device, Code>;
}

/// A GPU.
pub(crate) trait Device: Send + 'static {
    /// `GPU-` and 32 hexadecimal digits.
    fn uuid(&self) -> Result<String, Code>;
    /// Product name.
    fn model(&self) -> Result<String, Code>;
    /// Serial number of the board.
    fn serial(&self) -> Result<String, Code>;
    /// Version of the board's firmware.
    fn firmware(&self) -> Result<String, Code>;
    /// PCI address: `00000000:19:00.0`.
    fn pci_address(&self) -> Result<String, Code>;

    /// Percent of time in which it was busy.
    fn utilization(&self) -> Result<Utilization, Code>;
    /// Percent of the video encoder.
    fn encoder_utilization(&self) -> Result<u32, Code>;
    /// Percent of the video decoder.
    fn decoder_utilization(&self) -> Result<u32, Code>;
    /// Memory in bytes.
    fn memory(&self) -> Result<Memory, Code>;
    /// Milliwatts.
    fn power(&self) -> Result<u32, Code>;
    /// Milliwatts: the least of all limits.
    fn power_limit(&self) -> Result<u32, Code>;
    /// Millijoules since the driver was loaded.
    fn energy(&self) -> Result<u64, Code>;
    /// Degrees Celsius of the die.
    fn temperature(&self) -> Result<u32, Code>;
    /// Degrees Celsius of the memory.
    fn memory_temperature(&self) -> Result<u32, Code>;
    /// Degrees Celsius at which something happens.
    fn temperature_limit(&self, threshold: Threshold) -> Result<u32, Code>;
    /// Present speed of a clock in MHz.
    fn clock(&self, domain: Clock) -> Result<u32, Code>;
    /// Highest speed of a clock in MHz.
    fn max_clock(&self, domain: Clock) -> Result<u32, Code>;
}

/// How busy a GPU is, in percent of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Utilization {
    /// A kernel was running.
    pub(crate) gpu: u32,
    /// Memory was read or written.
    pub(crate) memory: u32,
}

/// A GPU's memory in bytes: the total is what is reserved, used and free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) total: u64,
    pub(crate) reserved: u64,
    pub(crate) used: u64,
    pub(crate) free: u64,
}

/// A temperature at which something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threshold {
    Shutdown,
    Slowdown,
    MemoryMax,
    GpuMax,
}

/// A kind of clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Graphics,
    Sm,
    Memory,
    Video,
}
