// SPDX-License-Identifier: Apache-2.0
//! What a kind of GPU is: the constants of a data sheet and of a quiet machine.

mod boards;

pub use boards::{A100_SXM4, H100_SXM5, L40S, V100_SXM2};

/// The constants of a GPU model.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spec {
    /// Product name, as the library gives it.
    pub name: &'static str,
    /// PCI device id, upper half, and vendor id, lower half.
    pub pci_device_id: u32,
    /// PCI subsystem id.
    pub pci_subsystem_id: u32,
    /// Version of the board's firmware.
    pub vbios: &'static str,
    /// `NVML_DEVICE_ARCH_*`.
    pub architecture: u32,
    /// `NVML_BRAND_*`.
    pub brand: u32,
    /// CUDA compute capability, major and minor.
    pub compute_capability: (i32, i32),
    /// All memory of the board, in bytes.
    pub memory_total: u64,
    /// What driver and firmware keep for themselves, in bytes.
    pub memory_reserved: u64,
    /// In use when nobody uses the GPU, in bytes.
    pub memory_baseline: u64,
    /// Power limit as shipped and in force, in milliwatts.
    pub power_limit_mw: u32,
    /// Lowest power limit that can be set, in milliwatts.
    pub power_limit_min_mw: u32,
    /// Clock of an idle SM, in MHz.
    pub sm_clock_idle: u32,
    /// Highest SM clock, in MHz.
    pub sm_clock_max: u32,
    /// Distance between two SM clocks, in MHz.
    pub clock_step: u32,
    /// Memory clock, the same at any load, in MHz.
    pub memory_clock: u32,
    /// Video clock when idle, in MHz.
    pub video_clock_idle: u32,
    /// Highest video clock, in MHz.
    pub video_clock_max: u32,
    /// The GPU switches itself off, in degrees Celsius.
    pub shutdown_celsius: u32,
    /// The GPU halves its clocks, in degrees Celsius.
    pub slowdown_celsius: u32,
    /// Highest temperature at which the GPU still boosts, in degrees Celsius.
    pub gpu_max_celsius: u32,
    /// Highest temperature at which memory keeps its clock, in degrees Celsius.
    pub memory_max_celsius: u32,
    /// Part number of the board.
    pub part_number: &'static str,
    /// Versions of the board's information memory: image, OEM, ECC and power object. An empty
    /// one is not there.
    pub inforom: [&'static str; 4],
    /// Whether the memory has a temperature sensor.
    pub memory_sensor: bool,
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
    /// Encoders, decoders, JPEG engines, optical flow engines and copy engines.
    pub engines: Engines,
    /// Bytes of GPU memory that the bus can see.
    pub bar1_total: u64,
    /// Highest PCIe generation.
    pub pcie_generation: u32,
    /// PCIe generation when idle.
    pub pcie_generation_idle: u32,
    /// Performance state when idle.
    pub performance_state_idle: u32,
    /// NVLink, if the board has it.
    pub nvlink: Option<NvLink>,
    /// What a slice of a partitioned GPU has, if it can be partitioned.
    pub mig: Option<Slice>,
    /// Whether it has the performance counters of `nvmlGpm*` (Hopper and later).
    pub gpm: bool,
    /// How it counts memory errors.
    pub ecc: Ecc,
    /// Banks whose rows can be remapped; `None` where pages are retired instead.
    pub remappable_banks: Option<u32>,
}

/// Numbers of engines besides the streaming multiprocessors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engines {
    /// Video encoders.
    pub encoders: u32,
    /// Video decoders.
    pub decoders: u32,
    /// JPEG decoders.
    pub jpegs: u32,
    /// Optical flow accelerators.
    pub ofas: u32,
    /// Copy engines.
    pub copies: u32,
}

/// A board's NVLink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NvLink {
    /// Links.
    pub links: u32,
    /// Version as `nvmlDeviceGetNvLinkVersion` numbers them.
    pub version: u32,
    /// Speed of one link and direction, in MB/s.
    pub megabytes_per_second: u32,
    /// Whether the links end at switches; else at the neighbours.
    pub switched: bool,
}

/// A seventh of a partitioned GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Memory in GB as the name of the partition has it.
    pub gigabytes: u32,
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
}

/// How a board counts memory errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecc {
    /// By the unit that had them: caches, register file, texture unit, device memory (before Ampere).
    Units,
    /// As SRAM and DRAM (from Ampere on).
    SramDram,
}
