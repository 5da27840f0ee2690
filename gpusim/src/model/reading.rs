// SPDX-License-Identifier: Apache-2.0
//! What a GPU shows at one moment, in the library's units.

/// All values of one GPU at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// Percent of time in which a kernel ran.
    pub utilization_gpu: u32,
    /// Percent of time in which memory was read or written.
    pub utilization_memory: u32,
    /// Percent of the video encoder.
    pub utilization_encoder: u32,
    /// Percent of the video decoder.
    pub utilization_decoder: u32,
    /// Percent of the JPEG engines.
    pub utilization_jpeg: u32,
    /// Percent of the optical flow engine.
    pub utilization_ofa: u32,
    /// Bytes allocated, without what is reserved.
    pub memory_used: u64,
    /// Bytes that can be allocated.
    pub memory_free: u64,
    /// Power draw of the board over about a second, in milliwatts.
    pub power_mw: u32,
    /// Power draw of the board at this moment, in milliwatts.
    pub power_instant_mw: u32,
    /// Power limit in force, in milliwatts.
    pub power_limit_mw: u32,
    /// Energy since the driver was loaded, in millijoules.
    pub energy_mj: u64,
    /// Temperature of the GPU, in degrees Celsius.
    pub temperature_gpu: u32,
    /// Temperature of its memory, in degrees Celsius.
    pub temperature_memory: u32,
    /// SM and graphics clock, in MHz.
    pub clock_sm: u32,
    /// Memory clock, in MHz.
    pub clock_memory: u32,
    /// Clock of the video engines, in MHz.
    pub clock_video: u32,
    /// Why the clocks are what they are: bits of [`reason`](crate::reason).
    pub clock_reasons: u64,
    /// Whether a process holds the GPU open.
    pub open: bool,
    /// Which piece of work it has, counted from 1.
    pub work: u64,
}
