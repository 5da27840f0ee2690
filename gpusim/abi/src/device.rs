// SPDX-License-Identifier: Apache-2.0
//! Functions about one GPU.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlBrandType_t, nvmlClockType_t, nvmlComputeMode_t, nvmlDevice_t, nvmlDeviceArchitecture_t,
    nvmlEnableState_t, nvmlMemory_t, nvmlMemory_v2_t, nvmlPciInfo_t, nvmlPstates_t, nvmlTemperatureSensors_t,
    nvmlTemperatureThresholds_t, nvmlUtilization_t,
};
use tracecore_gpusim::{ClockDomain, Identity, Memory, SimError, Spec, Threshold, Utilization};

use crate::boundary::{gpu, put, put_text};

/// How long the video engines were watched for a reading, in microseconds.
const SAMPLING_PERIOD_US: c_uint = 167_000;

/// `NVML_STRUCT_VERSION(Memory, 2)`.
const MEMORY_V2: c_uint = {
    // Forty bytes.
    #[expect(clippy::cast_possible_truncation, reason = "see above")]
    let size = size_of::<nvmlMemory_v2_t>() as c_uint;
    size | (2 << 24)
};

export! {
    nvmlDeviceGetUUID(device: nvmlDevice_t, uuid: *mut c_char, length: c_uint) =
        put_text(uuid, length, gpu(device)?.uuid()?);
    nvmlDeviceGetName(device: nvmlDevice_t, name: *mut c_char, length: c_uint) =
        put_text(name, length, gpu(device)?.name()?);
    nvmlDeviceGetSerial(device: nvmlDevice_t, serial: *mut c_char, length: c_uint) =
        put_text(serial, length, gpu(device)?.serial()?);
    nvmlDeviceGetVbiosVersion(device: nvmlDevice_t, version: *mut c_char, length: c_uint) =
        put_text(version, length, gpu(device)?.vbios_version()?);
    nvmlDeviceGetIndex(device: nvmlDevice_t, index: *mut c_uint) = put(index, gpu(device)?.index()?);
    nvmlDeviceGetMinorNumber(device: nvmlDevice_t, number: *mut c_uint) =
        put(number, gpu(device)?.minor_number()?);
    nvmlDeviceGetBrand(device: nvmlDevice_t, brand: *mut nvmlBrandType_t) =
        put(brand, gpu(device)?.brand()?);
    nvmlDeviceGetArchitecture(device: nvmlDevice_t, architecture: *mut nvmlDeviceArchitecture_t) =
        put(architecture, gpu(device)?.architecture()?);
    nvmlDeviceGetCudaComputeCapability(device: nvmlDevice_t, major: *mut c_int, minor: *mut c_int) = {
        let (high, low) = gpu(device)?.compute_capability()?;
        put(major, high).and(put(minor, low))
    };
    nvmlDeviceGetPciInfo_v3(device: nvmlDevice_t, pci: *mut nvmlPciInfo_t) = {
        let device = gpu(device)?;
        put(pci, pci_info(device.pci()?, device.spec()))
    };

    nvmlDeviceGetUtilizationRates(device: nvmlDevice_t, utilization: *mut nvmlUtilization_t) = {
        let Utilization { gpu, memory } = gpu(device)?.utilization()?;
        put(utilization, nvmlUtilization_t { gpu, memory })
    };
    nvmlDeviceGetEncoderUtilization(device: nvmlDevice_t, percent: *mut c_uint, period: *mut c_uint) =
        put(percent, gpu(device)?.encoder_utilization()?).and(put(period, SAMPLING_PERIOD_US));
    nvmlDeviceGetDecoderUtilization(device: nvmlDevice_t, percent: *mut c_uint, period: *mut c_uint) =
        put(percent, gpu(device)?.decoder_utilization()?).and(put(period, SAMPLING_PERIOD_US));

    nvmlDeviceGetMemoryInfo(device: nvmlDevice_t, memory: *mut nvmlMemory_t) = {
        let Memory { total, used, free, .. } = gpu(device)?.memory_v1()?;
        put(memory, nvmlMemory_t { total, free, used })
    };
    nvmlDeviceGetMemoryInfo_v2(device: nvmlDevice_t, memory: *mut nvmlMemory_v2_t) = {
        let Memory { total, reserved, used, free } = gpu(device)?.memory()?;
        if memory.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        // The caller says in the structure which one it is; the rest may be uninitialised.
        match (&raw const (*memory).version).read() {
            MEMORY_V2 => put(memory, nvmlMemory_v2_t { version: MEMORY_V2, total, reserved, free, used }),
            _ => Err(SimError::ARGUMENT_VERSION_MISMATCH),
        }
    };

    nvmlDeviceGetPowerUsage(device: nvmlDevice_t, power: *mut c_uint) =
        put(power, gpu(device)?.power_usage()?);
    nvmlDeviceGetTotalEnergyConsumption(device: nvmlDevice_t, energy: *mut c_ulonglong) =
        put(energy, gpu(device)?.total_energy()?);
    nvmlDeviceGetEnforcedPowerLimit(device: nvmlDevice_t, limit: *mut c_uint) =
        put(limit, gpu(device)?.enforced_power_limit()?);
    nvmlDeviceGetPowerManagementLimit(device: nvmlDevice_t, limit: *mut c_uint) =
        put(limit, gpu(device)?.power_management_limit()?);
    nvmlDeviceGetPowerManagementDefaultLimit(device: nvmlDevice_t, limit: *mut c_uint) =
        put(limit, gpu(device)?.power_default_limit()?);
    nvmlDeviceGetPowerManagementLimitConstraints(
        device: nvmlDevice_t, lowest: *mut c_uint, highest: *mut c_uint
    ) = {
        let (low, high) = gpu(device)?.power_limit_constraints()?;
        put(lowest, low).and(put(highest, high))
    };

    nvmlDeviceGetTemperature(device: nvmlDevice_t, sensor: nvmlTemperatureSensors_t, celsius: *mut c_uint) = {
        let value = gpu(device)?.temperature()?;
        if sensor == 0 { put(celsius, value) } else { Err(SimError::INVALID_ARGUMENT) }
    };
    nvmlDeviceGetTemperatureThreshold(
        device: nvmlDevice_t, kind: nvmlTemperatureThresholds_t, celsius: *mut c_uint
    ) = put(celsius, gpu(device)?.temperature_threshold(threshold(kind)?)?);
    nvmlDeviceGetNumFans(device: nvmlDevice_t, count: *mut c_uint) = put(count, gpu(device)?.num_fans()?);
    nvmlDeviceGetFanSpeed(device: nvmlDevice_t, percent: *mut c_uint) =
        put(percent, gpu(device)?.fan_speed()?);
    nvmlDeviceGetFanSpeed_v2(device: nvmlDevice_t, _fan: c_uint, percent: *mut c_uint) =
        put(percent, gpu(device)?.fan_speed_v2()?);

    nvmlDeviceGetClockInfo(device: nvmlDevice_t, kind: nvmlClockType_t, mhz: *mut c_uint) =
        put(mhz, gpu(device)?.clock(clock_domain(kind)?)?);
    nvmlDeviceGetMaxClockInfo(device: nvmlDevice_t, kind: nvmlClockType_t, mhz: *mut c_uint) =
        put(mhz, gpu(device)?.max_clock(clock_domain(kind)?)?);
    nvmlDeviceGetPerformanceState(device: nvmlDevice_t, state: *mut nvmlPstates_t) =
        put(state, gpu(device)?.performance_state()?);
    nvmlDeviceGetPersistenceMode(device: nvmlDevice_t, mode: *mut nvmlEnableState_t) =
        put(mode, gpu(device)?.persistence_mode()?);
    nvmlDeviceGetComputeMode(device: nvmlDevice_t, mode: *mut nvmlComputeMode_t) =
        put(mode, gpu(device)?.compute_mode()?);
}

/// `NVML_CLOCK_*`.
fn clock_domain(kind: nvmlClockType_t) -> Result<ClockDomain, SimError> {
    match kind {
        0 => Ok(ClockDomain::Graphics),
        1 => Ok(ClockDomain::Sm),
        2 => Ok(ClockDomain::Memory),
        3 => Ok(ClockDomain::Video),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
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

fn pci_info(identity: &Identity, spec: &Spec) -> nvmlPciInfo_t {
    nvmlPciInfo_t {
        busIdLegacy: characters(&identity.pci_bus_id_legacy),
        domain: identity.pci.domain,
        bus: identity.pci.bus,
        device: identity.pci.device,
        pciDeviceId: spec.pci_device_id,
        pciSubSystemId: spec.pci_subsystem_id,
        busId: characters(&identity.pci_bus_id),
    }
}

/// A short text in an array, zeros after it.
fn characters<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    // The last one stays zero, however long the text is.
    for (to, from) in array.iter_mut().take(N - 1).zip(text.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
    array
}
