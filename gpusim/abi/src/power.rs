// SPDX-License-Identifier: Apache-2.0
//! Power, energy, temperatures, fans.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlTemperature_v1_t, nvmlTemperatureSensors_t, nvmlTemperatureThresholds_t,
};
use tracecore_gpusim::{Function as F, SimError, Threshold};

use crate::boundary::{ask, check, put, version};

/// `nvmlTemperature_v1`.
const TEMPERATURE_V1: c_uint = version::<nvmlTemperature_v1_t>(1);

export! {
    nvmlDeviceGetPowerUsage(device: nvmlDevice_t, power: *mut c_uint) =
        put(power, ask(device, F::GetPowerUsage, |v| Ok(v.reading().power_mw))?);
    nvmlDeviceGetTotalEnergyConsumption(device: nvmlDevice_t, energy: *mut c_ulonglong) =
        put(energy, ask(device, F::GetTotalEnergyConsumption, |v| Ok(v.energy_mj()))?);
    nvmlDeviceGetEnforcedPowerLimit(device: nvmlDevice_t, limit: *mut c_uint) =
        put(limit, ask(device, F::GetEnforcedPowerLimit, |v| Ok(v.reading().power_limit_mw))?);
    nvmlDeviceGetPowerManagementLimit(device: nvmlDevice_t, limit: *mut c_uint) =
        put(limit, ask(device, F::GetPowerManagementLimit, |v| Ok(v.reading().power_limit_mw))?);
    nvmlDeviceGetPowerManagementDefaultLimit(device: nvmlDevice_t, limit: *mut c_uint) =
        put(limit, ask(device, F::GetPowerManagementDefaultLimit, |v| Ok(v.spec().power_limit_mw))?);
    nvmlDeviceGetPowerManagementLimitConstraints(
        device: nvmlDevice_t, lowest: *mut c_uint, highest: *mut c_uint
    ) = {
        let spec = ask(device, F::GetPowerManagementLimitConstraints, |v| Ok(v.spec()))?;
        put(lowest, spec.power_limit_min_mw).and(put(highest, spec.power_limit_mw))
    };

    nvmlDeviceGetTemperature(device: nvmlDevice_t, sensor: nvmlTemperatureSensors_t, celsius: *mut c_uint) = {
        let value = ask(device, F::GetTemperature, |v| Ok(v.reading().temperature_gpu))?;
        if sensor == 0 { put(celsius, value) } else { Err(SimError::INVALID_ARGUMENT) }
    };
    nvmlDeviceGetTemperatureV(device: nvmlDevice_t, temperature: *mut nvmlTemperature_v1_t) = {
        let value = ask(device, F::GetTemperatureV, |v| Ok(v.reading().temperature_gpu))?;
        check(temperature, TEMPERATURE_V1)?;
        if (&raw const (*temperature).sensorType).read() != 0 {
            return Err(SimError::INVALID_ARGUMENT);
        }
        put(&raw mut (*temperature).temperature, i32::try_from(value).unwrap_or(i32::MAX))
    };
    nvmlDeviceGetTemperatureThreshold(
        device: nvmlDevice_t, kind: nvmlTemperatureThresholds_t, celsius: *mut c_uint
    ) = put(celsius, ask(device, F::GetTemperatureThreshold, |v| v.threshold(threshold(kind)?))?);

    // No board has a fan of its own: the air comes from the chassis.
    nvmlDeviceGetNumFans(device: nvmlDevice_t, count: *mut c_uint) =
        put(count, ask(device, F::GetNumFans, |_| Ok(0))?);
    nvmlDeviceGetFanSpeed(device: nvmlDevice_t, _percent: *mut c_uint) =
        ask(device, F::GetFanSpeed, |_| Err(SimError::NOT_SUPPORTED));
    nvmlDeviceGetFanSpeed_v2(device: nvmlDevice_t, _fan: c_uint, _percent: *mut c_uint) =
        ask(device, F::GetFanSpeedV2, |_| Err(SimError::NOT_SUPPORTED));
}

/// `NVML_TEMPERATURE_THRESHOLD_*`; the acoustic ones and GPS are for boards with fans.
fn threshold(kind: nvmlTemperatureThresholds_t) -> Result<Threshold, SimError> {
    match kind {
        0 => Ok(Threshold::Shutdown),
        1 => Ok(Threshold::Slowdown),
        2 => Ok(Threshold::MemoryMax),
        3 => Ok(Threshold::GpuMax),
        4..=7 => Err(SimError::NOT_SUPPORTED),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}
