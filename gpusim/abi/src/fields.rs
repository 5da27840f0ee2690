// SPDX-License-Identifier: Apache-2.0
//! Many values in one call, by number. Each has a return code of its own.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::c_int;
use std::time::SystemTime;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlFieldValue_t, nvmlValue_t, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG,
};
use tracecore_gpusim::{FieldValue, Fields};

use crate::boundary::{array, gpu};

export! {
    nvmlDeviceGetFieldValues(device: nvmlDevice_t, count: c_int, values: *mut nvmlFieldValue_t) = {
        let fields = gpu(device)?.fields()?;
        let timestamp = wall_clock_us();
        array(values, count)?.iter_mut().for_each(|value| fill(value, &fields, timestamp));
        Ok(())
    };
}

fn fill(value: &mut nvmlFieldValue_t, fields: &Fields, timestamp: i64) {
    value.timestamp = timestamp;
    value.latencyUsec = 0;
    // All bytes of the union, so that none is left from before.
    value.value = nvmlValue_t { ullVal: 0 };
    match fields.get(value.fieldId) {
        Ok(FieldValue::U32(number)) => {
            value.valueType = nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT;
            value.value.uiVal = number;
            value.nvmlReturn = 0;
        }
        Ok(FieldValue::U64(number)) => {
            value.valueType = nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG;
            value.value.ullVal = number;
            value.nvmlReturn = 0;
        }
        Err(error) => value.nvmlReturn = error.code(),
    }
}

/// Microseconds since 1970, as the library stamps its values.
fn wall_clock_us() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}
