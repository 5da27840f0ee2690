// SPDX-License-Identifier: Apache-2.0
//! What one call tells of a GPU, in the library's own units.
#![allow(unsafe_code, reason = "the library is C")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlBAR1Memory_t, nvmlClockType_t, nvmlDeviceAttributes_t, nvmlEccSramErrorStatus_t,
    nvmlGpuFabricInfoV_t, nvmlMemory_t, nvmlMemory_v2_t, nvmlPciInfo_t, nvmlPstates_t,
    nvmlRowRemapperHistogramValues_t, nvmlTemperatureSensors_t, nvmlTemperatureThresholds_t,
    nvmlUtilization_t,
};

use super::call::{check, getters, symbol};
use super::{Code, Device};

getters! {
    /// Where it is on the bus.
    pci_info = nvmlDeviceGetPciInfo_v3() -> nvmlPciInfo_t;
    /// N of `/dev/nvidiaN`.
    minor_number = nvmlDeviceGetMinorNumber() -> c_uint;

    /// Percent of time in which it was busy.
    utilization = nvmlDeviceGetUtilizationRates() -> nvmlUtilization_t;

    /// Bytes: the total is what is reserved, used and free.
    memory = nvmlDeviceGetMemoryInfo_v2() -> nvmlMemory_v2_t, version 2;
    /// Bytes: the total is what is used and free; what is reserved counts as used.
    memory_v1 = nvmlDeviceGetMemoryInfo() -> nvmlMemory_t;
    /// Bytes.
    bar1 = nvmlDeviceGetBAR1MemoryInfo() -> nvmlBAR1Memory_t;

    /// Milliwatts.
    power = nvmlDeviceGetPowerUsage() -> c_uint;
    /// Milliwatts: the least of all limits.
    enforced_power_limit = nvmlDeviceGetEnforcedPowerLimit() -> c_uint;
    /// Milliwatts: as it was set.
    requested_power_limit = nvmlDeviceGetPowerManagementLimit() -> c_uint;
    /// Milliwatts: what it starts with.
    default_power_limit = nvmlDeviceGetPowerManagementDefaultLimit() -> c_uint;
    /// Millijoules since the driver was loaded.
    energy = nvmlDeviceGetTotalEnergyConsumption() -> c_ulonglong;

    /// Degrees Celsius.
    temperature = nvmlDeviceGetTemperature(sensor: nvmlTemperatureSensors_t) -> c_uint;
    /// Degrees Celsius at which something happens.
    temperature_threshold =
        nvmlDeviceGetTemperatureThreshold(threshold: nvmlTemperatureThresholds_t) -> c_uint;

    /// Present speed of a clock in MHz.
    clock = nvmlDeviceGetClockInfo(domain: nvmlClockType_t) -> c_uint;
    /// Highest speed of a clock in MHz.
    max_clock = nvmlDeviceGetMaxClockInfo(domain: nvmlClockType_t) -> c_uint;
    /// From 0 to 15, or 32: not known.
    performance_state = nvmlDeviceGetPerformanceState() -> nvmlPstates_t;

    /// How many fans there are.
    fans = nvmlDeviceGetNumFans() -> c_uint;
    /// Percent of a fan's highest speed.
    fan_speed = nvmlDeviceGetFanSpeed_v2(fan: c_uint) -> c_uint;

    /// Errors in SRAM.
    sram_errors = nvmlDeviceGetSramEccErrorStatus() -> nvmlEccSramErrorStatus_t, version 1;
    /// Banks by their spare rows.
    row_histogram = nvmlDeviceGetRowRemapperHistogram() -> nvmlRowRemapperHistogramValues_t;

    /// Present generation of the PCIe link.
    pcie_generation = nvmlDeviceGetCurrPcieLinkGeneration() -> c_uint;
    /// Its highest.
    max_pcie_generation = nvmlDeviceGetMaxPcieLinkGeneration() -> c_uint;
    /// Present lanes of the PCIe link.
    pcie_width = nvmlDeviceGetCurrPcieLinkWidth() -> c_uint;
    /// The most.
    max_pcie_width = nvmlDeviceGetMaxPcieLinkWidth() -> c_uint;
    /// Packets sent again.
    pcie_replays = nvmlDeviceGetPcieReplayCounter() -> c_uint;

    /// What a link leads to.
    nvlink_remote = nvmlDeviceGetNvLinkRemotePciInfo_v2(link: c_uint) -> nvmlPciInfo_t;
    /// How it is in the NVLink fabric.
    fabric = nvmlDeviceGetGpuFabricInfoV() -> nvmlGpuFabricInfoV_t, version 3;

    /// How many instances there may be.
    max_instances = nvmlDeviceGetMaxMigDeviceCount() -> c_uint;
    /// Which GPU instance an instance is part of.
    gpu_instance_id = nvmlDeviceGetGpuInstanceId() -> c_uint;
    /// Which compute instance it is there.
    compute_instance_id = nvmlDeviceGetComputeInstanceId() -> c_uint;
    /// What an instance has.
    attributes = nvmlDeviceGetAttributes_v2() -> nvmlDeviceAttributes_t;
}

/// Methods that make one call for two numbers.
macro_rules! pairs {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)*) => {
        impl Device {
            $(
                $(#[$doc])*
                #[inline]
                pub(crate) fn $name(&self) -> Result<(c_uint, c_uint), Code> {
                    let function = symbol(&self.lib().$function)?;
                    let (mut first, mut second) = (0, 0);
                    // SAFETY: the handle is of this library; it fills two numbers.
                    check(unsafe { function(self.handle(), &raw mut first, &raw mut second) })?;
                    Ok((first, second))
                }
            )*
        }
    };
}

pairs! {
    /// Percent of the video encoder, and over how many microseconds.
    encoder_utilization = nvmlDeviceGetEncoderUtilization;
    /// Percent of the video decoder, and over how many microseconds.
    decoder_utilization = nvmlDeviceGetDecoderUtilization;
    /// Percent of the JPEG engine, and over how many microseconds.
    jpeg_utilization = nvmlDeviceGetJpgUtilization;
    /// Percent of the optical-flow engine, and over how many microseconds.
    ofa_utilization = nvmlDeviceGetOfaUtilization;
    /// The least and the most that can be set, in milliwatts.
    power_limit_range = nvmlDeviceGetPowerManagementLimitConstraints;
    /// Whether errors are corrected: now, and after the next reset.
    ecc_mode = nvmlDeviceGetEccMode;
    /// Whether it is divided: now, and after the next reset.
    mig_mode = nvmlDeviceGetMigMode;
}

impl Device {
    /// Why clocks are held back: a bit for each reason. Drivers before 535 have another name for
    /// the function.
    #[inline]
    pub(crate) fn clock_events(&self) -> Result<u64, Code> {
        let lib = self.lib();
        let function = symbol(&lib.nvmlDeviceGetCurrentClocksEventReasons)
            .or_else(|_| symbol(&lib.nvmlDeviceGetCurrentClocksThrottleReasons))?;
        let mut reasons = 0;
        // SAFETY: the handle is of this library; it fills a number.
        check(unsafe { function(self.handle(), &raw mut reasons) })?;
        Ok(reasons)
    }
}
