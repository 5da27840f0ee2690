// SPDX-License-Identifier: Apache-2.0
//! What a kind of GPU is: the constants of a data sheet and of a quiet machine.

/// One MiB in bytes.
const MIB: u64 = 1 << 20;

/// Version of the simulated kernel module.
pub const DRIVER_VERSION: &str = "580.95.05";
/// Version of the simulated library: CUDA's major version, then the driver's.
pub const NVML_VERSION: &str = "13.580.95.05";
/// Version of CUDA that the simulated driver speaks, 1000 x major + 10 x minor.
pub const CUDA_DRIVER_VERSION: i32 = 13_000;

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
}

/// NVIDIA H100 SXM5 80 GB, as on an eight-GPU HGX board with passive cooling.
pub const H100_SXM5: Spec = Spec {
    name: "NVIDIA H100 80GB HBM3",
    pci_device_id: 0x2330_10DE,
    pci_subsystem_id: 0x16C1_10DE,
    vbios: "96.00.A5.00.01",
    architecture: 9,
    brand: 14,
    compute_capability: (9, 0),
    memory_total: 81_559 * MIB,
    memory_reserved: 551 * MIB,
    memory_baseline: 4 * MIB,
    power_limit_mw: 700_000,
    power_limit_min_mw: 200_000,
    sm_clock_idle: 345,
    sm_clock_max: 1980,
    clock_step: 15,
    memory_clock: 2619,
    video_clock_idle: 765,
    video_clock_max: 1545,
    shutdown_celsius: 92,
    slowdown_celsius: 89,
    gpu_max_celsius: 87,
    memory_max_celsius: 95,
};
