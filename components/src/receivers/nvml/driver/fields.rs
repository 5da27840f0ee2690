// SPDX-License-Identifier: Apache-2.0
//! Many values of a GPU in one call: `nvmlDeviceGetFieldValues`, with a kept buffer.
//!
//! Each field has a return code of its own. Answers are matched by position, never by number:
//! a driver answers with the number that it has for a field.
#![allow(unsafe_code, reason = "the library is C, and a value is a union")]

use std::fmt;
use std::ops::Range;

use nvml_wrapper_sys::bindings::{
    nvmlFieldValue_t, nvmlValue_t, nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_INT,
    nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_LONG_LONG, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG,
};

use super::{Code, Device, check, symbol};

/// How a driver numbers the fields from 251 to 273.
///
/// From 580.82 on those for clock-event reasons and those for power smoothing have changed
/// places: <https://docs.nvidia.com/deploy/nvml-api/known-issues.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldIds {
    /// Before 575: what these numbers stand for changed from one to the next, and clock-event
    /// times were not among them. So none is asked for.
    Before575,
    /// As the headers of CUDA 12 have it.
    Cuda12,
    /// From 580.82 on.
    From580_82,
}

impl FieldIds {
    /// The numbers of a driver. One that does not tell its version is taken for one of the oldest.
    pub(crate) fn of(version: Option<&str>) -> Self {
        let mut numbers = version.unwrap_or_default().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        match (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) {
            (580, minor) if minor < 82 => Self::Cuda12,
            (major, _) if major < 575 => Self::Before575,
            (major, _) if major < 580 => Self::Cuda12,
            _ => Self::From580_82,
        }
    }

    /// The number that this driver has for a field of the headers of CUDA 12.
    const fn number(self, id: u32) -> u32 {
        match (self, id) {
            // No field has this number; the library says so.
            (Self::Before575, 251..=273) => 0,
            (Self::From580_82, 251..=255) => id + 18,
            (Self::From580_82, 256..=273) => id - 5,
            _ => id,
        }
    }
}

/// A field, as the headers of CUDA 12 number it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldId {
    /// The call and the field, as messages name it.
    pub(crate) call: &'static str,
    /// Its number.
    pub(crate) number: u32,
}

/// A [`FieldId`] by its name in the header.
macro_rules! field {
    ($name:ident) => {
        $crate::receivers::nvml::driver::FieldId {
            call: concat!("nvmlDeviceGetFieldValues(", stringify!($name), ")"),
            number: nvml_wrapper_sys::bindings::field_id::$name,
        }
    };
}
pub(crate) use field;

/// Fields that are asked together, and their answers.
#[derive(Clone, Default)]
pub(crate) struct Asked(Vec<nvmlFieldValue_t>);

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|field| (field.fieldId, field.scopeId))).finish()
    }
}

impl Asked {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Asks for one field more. The scope is the link, for fields of links.
    pub(crate) fn push(&mut self, id: FieldId, scope: u32, ids: FieldIds) {
        self.0.push(nvmlFieldValue_t {
            fieldId: ids.number(id.number),
            scopeId: scope,
            timestamp: 0,
            latencyUsec: 0,
            valueType: 0,
            nvmlReturn: Code::UNKNOWN.0,
            value: nvmlValue_t { ullVal: 0 },
        });
    }

    /// Asks. The call may succeed and a field fail.
    #[inline]
    pub(crate) fn ask(&mut self, device: &Device) -> Result<(), Code> {
        if self.0.is_empty() {
            return Ok(());
        }
        let function = symbol(&device.lib().nvmlDeviceGetFieldValues)?;
        let count = i32::try_from(self.0.len()).unwrap_or(i32::MAX);
        // SAFETY: the handle is of this library, and so many fields are there.
        check(unsafe { function(device.handle(), count, self.0.as_mut_ptr()) })
    }

    /// The answers of the last call, in the order in which they were asked for. Each can be had
    /// once: what a driver leaves as it was is not taken for an answer of the next call.
    #[inline]
    pub(crate) fn answers(&mut self) -> impl ExactSizeIterator<Item = Result<u64, Code>> + '_ {
        self.0.iter_mut().map(answer)
    }

    /// The same for some of them, by their places.
    #[inline]
    pub(crate) fn answers_in(
        &mut self,
        places: Range<usize>,
    ) -> impl ExactSizeIterator<Item = Result<u64, Code>> + '_ {
        self.0.get_mut(places).unwrap_or_default().iter_mut().map(answer)
    }
}

/// A whole number that is not negative. A value of another type is a wrong answer.
#[inline]
fn answer(field: &mut nvmlFieldValue_t) -> Result<u64, Code> {
    let code = std::mem::replace(&mut field.nvmlReturn, Code::UNKNOWN.0);
    let wide = field.valueType == nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG;
    let narrow = field.valueType == nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT;
    if code != 0 || !(wide || narrow) {
        return seldom(field, code);
    }
    // SAFETY: the library has filled the member that the type names; both are numbers.
    Ok(unsafe { if narrow { field.value.uiVal.into() } else { field.value.ullVal } })
}

/// A failure, or a number of a type that few fields have.
#[cold]
#[inline(never)]
fn seldom(field: &nvmlFieldValue_t, code: u32) -> Result<u64, Code> {
    check(code)?;
    // SAFETY: the library has filled the member that the type names; all members are numbers.
    #[allow(non_upper_case_globals, reason = "the names are those of the header")]
    let number = unsafe {
        match field.valueType {
            nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG => Some(field.value.ullVal),
            nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_INT => u64::try_from(field.value.siVal).ok(),
            nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_LONG_LONG => u64::try_from(field.value.sllVal).ok(),
            _ => None,
        }
    };
    number.ok_or(Code::UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::FieldIds;

    #[test]
    fn numbers_are_those_of_the_drivers_version() {
        for (version, expected) in [
            (Some("470.256.02"), FieldIds::Before575),
            (Some("570.172.08"), FieldIds::Before575),
            (Some("575.57.08"), FieldIds::Cuda12),
            (Some("580.65.06"), FieldIds::Cuda12),
            (Some("580.82.07"), FieldIds::From580_82),
            (Some("580.105.08"), FieldIds::From580_82),
            (Some("595.45.04"), FieldIds::From580_82),
            (None, FieldIds::Before575),
        ] {
            assert_eq!(FieldIds::of(version), expected, "{version:?}");
        }
        let numbers = |ids: FieldIds| [82, 250, 251, 253, 255, 256, 273, 274].map(|id| ids.number(id));
        assert_eq!(numbers(FieldIds::Before575), [82, 250, 0, 0, 0, 0, 0, 274]);
        assert_eq!(numbers(FieldIds::Cuda12), [82, 250, 251, 253, 255, 256, 273, 274]);
        assert_eq!(numbers(FieldIds::From580_82), [82, 250, 269, 271, 273, 251, 268, 274]);
    }
}
