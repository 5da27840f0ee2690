// SPDX-License-Identifier: Apache-2.0
//! What a GPU shows at one moment, in the library's units.

/// All values of one GPU at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Bytes allocated, without what is reserved.
    pub memory_used: u64,
    /// Bytes that can be allocated.
    pub memory_free: u64,
    /// Power draw of the board, in milliwatts.
    pub power_mw: u32,
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
}
