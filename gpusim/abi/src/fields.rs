// SPDX-License-Identifier: Apache-2.0
//! Many values in one call, by number. Each has a return code of its own.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::c_int;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlFieldValue_t, nvmlValue_t, nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_INT as SIGNED_INT,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT as UNSIGNED_INT,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG as UNSIGNED_LONG_LONG,
};
use tracecore_gpusim::{Field, Function as F, View};

use crate::boundary::{array, ask};

export! {
    nvmlDeviceGetFieldValues(device: nvmlDevice_t, count: c_int, values: *mut nvmlFieldValue_t) =
        ask(device, F::GetFieldValues, |v| {
            array(values, count)?.iter_mut().for_each(|value| fill(value, v));
            Ok(())
        });
}

fn fill(value: &mut nvmlFieldValue_t, view: &View<'_>) {
    value.timestamp = i64::try_from(view.now_us()).unwrap_or(i64::MAX);
    value.latencyUsec = 0;
    // All bytes of the union, so that none is left from before.
    value.value = nvmlValue_t { ullVal: 0 };
    value.nvmlReturn = 0;
    match view.field(value.fieldId, value.scopeId) {
        Ok(Field::U32(number)) => {
            value.valueType = UNSIGNED_INT;
            value.value.uiVal = number;
        }
        Ok(Field::U64(number)) => {
            value.valueType = UNSIGNED_LONG_LONG;
            value.value.ullVal = number;
        }
        Ok(Field::I32(number)) => {
            value.valueType = SIGNED_INT;
            value.value.siVal = number;
        }
        Err(error) => value.nvmlReturn = error.code(),
    }
}
