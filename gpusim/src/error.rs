// SPDX-License-Identifier: Apache-2.0
//! Why a simulated call failed, in the driver library's own numbers.
//!
//! A code is a number and not an enum, because a script may ask for one that no
//! header lists: a collector has to survive a newer driver's codes too.

use std::ffi::CStr;
use std::fmt;
use std::num::NonZeroU32;

/// A call's return code, other than success.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SimError(NonZeroU32);

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl SimError {
            $($(#[$meta])* pub const $name: SimError = SimError(NonZeroU32::new($code).unwrap());)*

            /// The library's own words for a code, zero (success) included.
            #[must_use]
            pub const fn describe(code: u32) -> &'static CStr {
                match code {
                    0 => c"Success",
                    $($code => $text,)*
                    // What the real library says of a code that it does not know.
                    _ => c"Unknown Error",
                }
            }

            /// The code's name in `nvml.h`, without its `NVML_ERROR_`; `None` where no header lists it.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0.get() {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// The library was not initialised.
    UNINITIALIZED = 1, c"Uninitialized";
    /// An argument is out of range or null.
    INVALID_ARGUMENT = 2, c"Invalid Argument";
    /// The device has no such thing.
    NOT_SUPPORTED = 3, c"Not Supported";
    /// The caller may not read this.
    NO_PERMISSION = 4, c"Insufficient Permissions";
    /// No device answers to this name.
    NOT_FOUND = 6, c"Not Found";
    /// The caller's buffer is too small.
    INSUFFICIENT_SIZE = 7, c"Insufficient Size";
    /// A power cable is missing.
    INSUFFICIENT_POWER = 8, c"Insufficient External Power";
    /// The kernel module is not loaded.
    DRIVER_NOT_LOADED = 9, c"Driver Not Loaded";
    /// The driver gave up waiting.
    TIMEOUT = 10, c"Timeout";
    /// The kernel saw an interrupt problem.
    IRQ_ISSUE = 11, c"Interrupt Request Issue";
    /// A library that this one needs is missing.
    LIBRARY_NOT_FOUND = 12, c"NVML Shared Library Not Found";
    /// The driver is too old for this function.
    FUNCTION_NOT_FOUND = 13, c"Function Not Found";
    /// The board's information memory is corrupt.
    CORRUPTED_INFOROM = 14, c"Corrupted infoROM";
    /// The GPU has fallen off the bus.
    GPU_IS_LOST = 15, c"GPU is lost";
    /// The GPU works again after a reset only.
    RESET_REQUIRED = 16, c"GPU requires reset";
    /// The operating system got in the way.
    OPERATING_SYSTEM = 17, c"The operating system has blocked the request.";
    /// Library and kernel module are of different versions.
    LIB_RM_VERSION_MISMATCH = 18, c"Driver/library version mismatch";
    /// Somebody else holds the device.
    IN_USE = 19, c"In use by another client";
    /// Out of memory.
    MEMORY = 20, c"Insufficient Memory";
    /// Nothing was sampled yet.
    NO_DATA = 21, c"No data";
    /// The virtual GPU has no ECC.
    VGPU_ECC_NOT_SUPPORTED = 22, c"vGPU ECC not supported";
    /// Out of another resource.
    INSUFFICIENT_RESOURCES = 23, c"Insufficient resources";
    /// The GPU does not run at this frequency.
    FREQ_NOT_SUPPORTED = 24, c"Requested frequency not supported";
    /// A versioned structure has a version that this library does not know.
    ARGUMENT_VERSION_MISMATCH = 25, c"Argument version mismatch";
    /// The function does nothing any more.
    DEPRECATED = 26, c"Deprecated";
    /// The device is not ready yet.
    NOT_READY = 27, c"Not ready";
    /// There is no such GPU.
    GPU_NOT_FOUND = 28, c"GPU not found";
    /// The device is in a state that forbids this.
    INVALID_STATE = 29, c"Invalid state";
    /// Something else.
    UNKNOWN = 999, c"Unknown Error";
}

impl SimError {
    /// The error with this code; `None` for zero, which is success.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        match NonZeroU32::new(code) {
            Some(code) => Some(SimError(code)),
            None => None,
        }
    }

    /// The number that the C ABI returns.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = SimError::describe(self.code()).to_string_lossy();
        write!(f, "{text} (code {})", self.code())
    }
}

impl fmt::Debug for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimError({}, {})", self.name().unwrap_or("?"), self.code())
    }
}

impl std::error::Error for SimError {}

#[cfg(test)]
mod tests {
    use super::SimError;

    #[test]
    fn a_code_that_no_header_lists_survives() {
        let strange = SimError::from_code(7777);
        assert_eq!(strange.map(SimError::code), Some(7777));
        assert_eq!(strange.and_then(SimError::name), None);
        assert_eq!(SimError::from_code(0), None);
    }

    #[test]
    fn names_and_words_belong_to_one_code() {
        assert_eq!(SimError::GPU_IS_LOST.name(), Some("GPU_IS_LOST"));
        assert_eq!(SimError::GPU_IS_LOST.to_string(), "GPU is lost (code 15)");
    }
}
