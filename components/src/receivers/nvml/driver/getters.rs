// SPDX-License-Identifier: Apache-2.0
//! What one call tells of a GPU, in the library's own units.
#![allow(unsafe_code, reason = "the library is C")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlClockType_t, nvmlMemory_v2_t, nvmlPciInfo_t, nvmlTemperatureSensors_t, nvmlTemperatureThresholds_t,
    nvmlUtilization_t,
};

use super::call::getters;

getters! {
    /// Where it is on the bus.
    pci_info = nvmlDeviceGetPciInfo_v3() -> nvmlPciInfo_t;

    /// Percent of time in which it was busy.
    utilization = nvmlDeviceGetUtilizationRates() -> nvmlUtilization_t;
    /// Bytes: the total is what is reserved, used and free.
    memory = nvmlDeviceGetMemoryInfo_v2() -> nvmlMemory_v2_t, version 2;

    /// Milliwatts.
    power = nvmlDeviceGetPowerUsage() -> c_uint;
    /// Milliwatts: the least of all limits.
    enforced_power_limit = nvmlDeviceGetEnforcedPowerLimit() -> c_uint;
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
}

/// Methods that ask for the percentage of a video engine, and not for how long it was watched.
macro_rules! engines {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)*) => {
        impl super::Device {
            $(
                $(#[$doc])*
                #[inline]
                pub(crate) fn $name(&self) -> Result<c_uint, super::Code> {
                    let function = super::symbol(&self.lib().$function)?;
                    let (mut percent, mut period) = (0, 0);
                    // SAFETY: the handle is of this library; it fills two numbers.
                    super::check(unsafe { function(self.handle(), &raw mut percent, &raw mut period) })?;
                    Ok(percent)
                }
            )*
        }
    };
}

engines! {
    /// Percent of the video encoder.
    encoder_utilization = nvmlDeviceGetEncoderUtilization;
    /// Percent of the video decoder.
    decoder_utilization = nvmlDeviceGetDecoderUtilization;
}
