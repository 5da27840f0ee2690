// SPDX-License-Identifier: Apache-2.0
//! The driver's ring buffers of samples: asking for what is new, and summing it up.
//!
//! Time in a ring is the driver's own: since boot in one driver, since 1970 in another. It is
//! compared with itself only. Samples come oldest first; where time goes back within a ring, its
//! clock was set back, and nothing says which of the samples are new.
//!
//! Invariant: nothing here allocates.
#![allow(unsafe_code, reason = "the library is C, and a sample is a union")]

use std::ffi::c_uint;
use std::{fmt, ptr};

use nvml_wrapper_sys::bindings::{
    nvmlSample_t, nvmlSamplingType_t, nvmlValue_t, nvmlValueType_enum_NVML_VALUE_TYPE_DOUBLE,
    nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_INT, nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_LONG_LONG,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG,
    nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG, nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_SHORT,
    nvmlValueType_t,
};

use super::super::code::Code;
use super::super::driver::{Device, check, symbol};
use super::window::Summary;

/// Room for the samples of an answer. Kept, so that asking allocates nothing.
pub(super) struct Buffer(Vec<nvmlSample_t>);

impl Buffer {
    /// Room for so many.
    pub(super) fn new(room: u32) -> Self {
        let mut buffer = Self(Vec::new());
        buffer.grow(room);
        buffer
    }

    /// Makes room for so many, unless there is.
    pub(super) fn grow(&mut self, room: u32) {
        const BLANK: nvmlSample_t = nvmlSample_t { timeStamp: 0, sampleValue: nvmlValue_t { ullVal: 0 } };
        let room = self.0.len().max(room as usize);
        self.0.resize(room, BLANK);
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("room", &self.0.len()).finish_non_exhaustive()
    }
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    /// The new samples.
    pub(super) new: Summary,
    /// When the first of the new ones was taken, in microseconds of the driver's; 0 without any.
    pub(super) oldest: u64,
    /// When the last sample of the answer was taken, new or not; 0 without any.
    pub(super) newest: u64,
    /// Time goes back within the answer.
    pub(super) backwards: bool,
}

/// How many samples a ring holds.
pub(super) fn capacity(device: &Device, kind: nvmlSamplingType_t) -> Result<u32, Code> {
    let function = symbol(&device.lib().nvmlDeviceGetSamples)?;
    let (mut value_type, mut count) = (0, 0);
    // SAFETY: the handle is of this library; without an array it only counts.
    let code =
        unsafe { function(device.handle(), kind, 0, &raw mut value_type, &raw mut count, ptr::null_mut()) };
    check(code)?;
    Ok(count)
}

/// Asks for the samples after a time. A ring that has none is an empty answer.
#[inline]
pub(super) fn ask<'b>(
    device: &Device,
    kind: nvmlSamplingType_t,
    after: u64,
    Buffer(buffer): &'b mut Buffer,
) -> Result<(nvmlValueType_t, &'b [nvmlSample_t]), Code> {
    let function = symbol(&device.lib().nvmlDeviceGetSamples)?;
    let mut value_type = nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT;
    let mut count = c_uint::try_from(buffer.len()).unwrap_or(c_uint::MAX);
    // SAFETY: the handle is of this library, and the array has as many elements as is said.
    let code = unsafe {
        function(device.handle(), kind, after, &raw mut value_type, &raw mut count, buffer.as_mut_ptr())
    };
    match check(code) {
        Ok(()) => Ok((value_type, &buffer[..buffer.len().min(count as usize)])),
        // The GPU is idle, and its driver takes no samples then.
        Err(Code::NOT_FOUND | Code::NO_DATA) => Ok((value_type, &[])),
        Err(code) => Err(code),
    }
}

/// Sums up the samples of an answer that were taken after a time.
#[inline]
pub(super) fn sum(value_type: nvmlValueType_t, samples: &[nvmlSample_t], after: u64) -> Result<Answer, Code> {
    // The type is the same for all of them, so it is looked at once. All members are numbers.
    // SAFETY: the library has filled the member that the type names.
    #[allow(non_upper_case_globals, reason = "the names are those of the header")]
    unsafe {
        match value_type {
            nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_INT => {
                Ok(fold(samples, after, |value| f64::from(value.uiVal)))
            }
            nvmlValueType_enum_NVML_VALUE_TYPE_DOUBLE => Ok(fold(samples, after, |value| value.dVal)),
            nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG
            | nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_LONG_LONG => {
                Ok(fold(samples, after, |value| value.ullVal as f64))
            }
            nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_LONG_LONG => {
                Ok(fold(samples, after, |value| value.sllVal as f64))
            }
            nvmlValueType_enum_NVML_VALUE_TYPE_SIGNED_INT => {
                Ok(fold(samples, after, |value| f64::from(value.siVal)))
            }
            nvmlValueType_enum_NVML_VALUE_TYPE_UNSIGNED_SHORT => {
                Ok(fold(samples, after, |value| f64::from(value.usVal)))
            }
            _ => Err(Code::UNKNOWN),
        }
    }
}

#[inline]
fn fold(samples: &[nvmlSample_t], after: u64, value: impl Fn(&nvmlValue_t) -> f64) -> Answer {
    let mut answer = Answer { new: Summary::EMPTY, oldest: 0, newest: 0, backwards: false };
    for sample in samples {
        let time = sample.timeStamp;
        // A place of the ring that nothing was written to yet.
        if time == 0 {
            continue;
        }
        answer.backwards |= time < answer.newest;
        answer.newest = time;
        if time > after {
            if answer.oldest == 0 {
                answer.oldest = time;
            }
            answer.new.add(value(&sample.sampleValue));
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use nvml_wrapper_sys::bindings::{nvmlSample_t, nvmlValue_t};

    use super::super::super::code::Code;
    use super::super::window::Summary;
    use super::{Answer, sum};

    const UNSIGNED: u32 = 1;

    fn samples(of: &[(u64, u32)]) -> Vec<nvmlSample_t> {
        let sample = |(time, value): &(u64, u32)| nvmlSample_t {
            timeStamp: *time,
            sampleValue: nvmlValue_t { uiVal: *value },
        };
        of.iter().map(sample).collect()
    }

    #[test]
    fn only_what_is_new_counts() {
        let ring = samples(&[(10, 9), (20, 1), (30, 5), (40, 3)]);
        let found = sum(UNSIGNED, &ring, 10).unwrap();
        let new = Summary { count: 3, max: 5.0, min: 1.0, sum: 9.0 };
        assert_eq!(found, Answer { new, oldest: 20, newest: 40, backwards: false });
        let found = sum(UNSIGNED, &ring, 40).unwrap();
        assert_eq!((found.new.count, found.oldest, found.newest), (0, 0, 40));
    }

    #[test]
    fn places_that_were_never_written_do_not_count() {
        let found = sum(UNSIGNED, &samples(&[(0, 0), (0, 0), (5, 7)]), 0).unwrap();
        assert_eq!((found.new.count, found.new.min, found.backwards), (1, 7.0, false));
        let found = sum(UNSIGNED, &samples(&[(5, 7), (0, 0)]), 0).unwrap();
        assert_eq!((found.newest, found.backwards), (5, false));
    }

    #[test]
    fn time_that_goes_back_is_noticed() {
        assert!(sum(UNSIGNED, &samples(&[(100, 1), (110, 1), (50, 1), (60, 1)]), 0).unwrap().backwards);
        assert!(!sum(UNSIGNED, &samples(&[(100, 1), (100, 1), (101, 1)]), 0).unwrap().backwards);
    }

    #[test]
    fn values_of_every_type_are_read() {
        let of = |sample_value| [nvmlSample_t { timeStamp: 1, sampleValue: sample_value }];
        for (value_type, value, expected) in [
            (0, nvmlValue_t { dVal: 1.5 }, 1.5),
            (1, nvmlValue_t { uiVal: u32::MAX }, 4_294_967_295.0),
            (2, nvmlValue_t { ulVal: 7 }, 7.0),
            (3, nvmlValue_t { ullVal: 1 << 40 }, 1_099_511_627_776.0),
            (4, nvmlValue_t { sllVal: -3 }, -3.0),
            (5, nvmlValue_t { siVal: -4 }, -4.0),
            (6, nvmlValue_t { usVal: 65535 }, 65535.0),
        ] {
            assert_eq!(sum(value_type, &of(value), 0).unwrap().new.max, expected, "type {value_type}");
        }
        assert_eq!(sum(7, &of(nvmlValue_t { ullVal: 1 }), 0), Err(Code::UNKNOWN));
    }
}
