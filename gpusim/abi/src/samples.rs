// SPDX-License-Identifier: Apache-2.0
//! The driver's own samples.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlSample_t, nvmlSamplingType_t, nvmlValue_t,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT, nvmlValueType_t,
};
use tracecore_gpusim::{Function as F, SampleKind, SimError};

use crate::boundary::{ask, put};

export! {
    // Without a buffer it says how many there are; with one, the oldest that fit.
    nvmlDeviceGetSamples(
        device: nvmlDevice_t, kind: nvmlSamplingType_t, since: c_ulonglong,
        value_type: *mut nvmlValueType_t, count: *mut c_uint, samples: *mut nvmlSample_t
    ) = ask(device, F::GetSamples, |v| {
        let found = v.samples(sampled(kind)?, since)?;
        if count.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        put(value_type, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT)?;
        if samples.is_null() {
            // The ring is short.
            return put(count, u32::try_from(found.count()).unwrap_or(u32::MAX));
        }
        let room = count.read();
        let mut written = 0;
        for ((us, number), place) in found.zip(0..room) {
            let mut value = nvmlValue_t { ullVal: 0 };
            value.uiVal = number;
            samples.add(place as usize).write(nvmlSample_t { timeStamp: us, sampleValue: value });
            written = place + 1;
        }
        put(count, written)?;
        if written == 0 { Err(SimError::NOT_FOUND) } else { Ok(()) }
    });
}

/// `NVML_*_SAMPLES`.
fn sampled(kind: nvmlSamplingType_t) -> Result<SampleKind, SimError> {
    match kind {
        0 => Ok(SampleKind::Power),
        1 => Ok(SampleKind::Gpu),
        2 => Ok(SampleKind::Memory),
        3 => Ok(SampleKind::Encoder),
        4 => Ok(SampleKind::Decoder),
        5 => Ok(SampleKind::ClockSm),
        6 => Ok(SampleKind::ClockMemory),
        // Modules that have a CPU as well.
        7 => Err(SimError::NOT_SUPPORTED),
        8 => Ok(SampleKind::Jpeg),
        9 => Ok(SampleKind::Ofa),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}
