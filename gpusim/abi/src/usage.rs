// SPDX-License-Identifier: Apache-2.0
//! How busy a GPU is, and its memory.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::c_uint;

use nvml_wrapper_sys::bindings::{
    nvmlBAR1Memory_t, nvmlDevice_t, nvmlMemory_t, nvmlMemory_v2_t, nvmlUtilization_t,
};
use tracecore_gpusim::{Function as F, MemoryInfo, Utilization};

use crate::boundary::{ask, check, put, version};

/// How long the engines were watched for a reading, in microseconds.
const SAMPLING_PERIOD_US: c_uint = 167_000;

/// `NVML_STRUCT_VERSION(Memory, 2)`.
const MEMORY_V2: c_uint = version::<nvmlMemory_v2_t>(2);

export! {
    nvmlDeviceGetUtilizationRates(device: nvmlDevice_t, utilization: *mut nvmlUtilization_t) = {
        let Utilization { gpu, memory } = ask(device, F::GetUtilizationRates, |v| v.utilization())?;
        put(utilization, nvmlUtilization_t { gpu, memory })
    };
    // Boards without an encoder or a decoder say that theirs do nothing.
    nvmlDeviceGetEncoderUtilization(device: nvmlDevice_t, percent: *mut c_uint, period: *mut c_uint) = {
        let value = ask(device, F::GetEncoderUtilization, |v| v.engine(true, v.reading().utilization_encoder))?;
        put(percent, value).and(put(period, SAMPLING_PERIOD_US))
    };
    nvmlDeviceGetDecoderUtilization(device: nvmlDevice_t, percent: *mut c_uint, period: *mut c_uint) = {
        let value = ask(device, F::GetDecoderUtilization, |v| v.engine(true, v.reading().utilization_decoder))?;
        put(percent, value).and(put(period, SAMPLING_PERIOD_US))
    };
    nvmlDeviceGetJpgUtilization(device: nvmlDevice_t, percent: *mut c_uint, period: *mut c_uint) = {
        let value = ask(device, F::GetJpgUtilization, |v| {
            v.engine(v.spec().engines.jpegs > 0, v.reading().utilization_jpeg)
        })?;
        put(percent, value).and(put(period, SAMPLING_PERIOD_US))
    };
    nvmlDeviceGetOfaUtilization(device: nvmlDevice_t, percent: *mut c_uint, period: *mut c_uint) = {
        let value = ask(device, F::GetOfaUtilization, |v| {
            v.engine(v.spec().engines.ofas > 0, v.reading().utilization_ofa)
        })?;
        put(percent, value).and(put(period, SAMPLING_PERIOD_US))
    };

    // The older function counts as used what is reserved.
    nvmlDeviceGetMemoryInfo(device: nvmlDevice_t, memory: *mut nvmlMemory_t) = {
        let MemoryInfo { total, reserved, used, free } = ask(device, F::GetMemoryInfo, |v| Ok(v.memory()))?;
        put(memory, nvmlMemory_t { total, free, used: used + reserved })
    };
    nvmlDeviceGetMemoryInfo_v2(device: nvmlDevice_t, memory: *mut nvmlMemory_v2_t) = {
        let MemoryInfo { total, reserved, used, free } =
            ask(device, F::GetMemoryInfoV2, |v| Ok(v.memory()))?;
        check(memory, MEMORY_V2)?;
        put(memory, nvmlMemory_v2_t { version: MEMORY_V2, total, reserved, free, used })
    };
    nvmlDeviceGetBAR1MemoryInfo(device: nvmlDevice_t, memory: *mut nvmlBAR1Memory_t) = {
        let bar1 = ask(device, F::GetBar1MemoryInfo, |v| Ok(v.bar1()))?;
        put(memory, nvmlBAR1Memory_t {
            bar1Total: bar1.total,
            bar1Free: bar1.total - bar1.used,
            bar1Used: bar1.used,
        })
    };
}
