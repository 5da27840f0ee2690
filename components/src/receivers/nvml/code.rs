// SPDX-License-Identifier: Apache-2.0
//! The library's return codes: what they mean for a reading, and to a person.
//!
//! A code stays a number: a newer driver may return one that no header here lists.

use std::fmt;

use tracecore_runtime::Absence;

/// Why a call failed: NVML's return code, never 0 (success).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u32);

/// What a failure asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It will not work here, today or tomorrow.
    Unsupported,
    /// It would work for somebody else.
    Permission,
    /// The GPU is gone; other calls to it fail as well.
    Lost,
    /// The driver waited in vain; other calls to the GPU would wait as well.
    Timeout,
    /// The driver or its library was replaced; nothing works until it is opened again.
    Driver,
    /// Only this call failed.
    Other,
}

impl Code {
    pub(crate) const INVALID_ARGUMENT: Self = Self(2);
    pub(crate) const NOT_SUPPORTED: Self = Self(3);
    pub(crate) const NO_PERMISSION: Self = Self(4);
    pub(crate) const NOT_FOUND: Self = Self(6);
    pub(crate) const INSUFFICIENT_SIZE: Self = Self(7);
    pub(crate) const DRIVER_NOT_LOADED: Self = Self(9);
    pub(crate) const TIMEOUT: Self = Self(10);
    pub(crate) const FUNCTION_NOT_FOUND: Self = Self(13);
    pub(crate) const VERSION_MISMATCH: Self = Self(18);
    pub(crate) const NO_DATA: Self = Self(21);
    pub(crate) const UNKNOWN: Self = Self(999);

    /// What it asks for.
    pub(crate) const fn class(self) -> Class {
        match self.0 {
            // 25 and 26: a structure or function that this driver has left behind.
            3 | 13 | 25 | 26 => Class::Unsupported,
            4 => Class::Permission,
            10 => Class::Timeout,
            // 16: needs a reset, 28: not found. For who reads, the GPU is as good as gone.
            15 | 16 | 28 => Class::Lost,
            1 | 9 | 18 => Class::Driver,
            _ => Class::Other,
        }
    }

    /// Whether the first call of a function says that it will never work. An invalid argument
    /// says so too: we pass constants, which an older driver may not know.
    pub(crate) const fn is_unsupported_at_first(self) -> bool {
        matches!(self.class(), Class::Unsupported) || self.0 == Self::INVALID_ARGUMENT.0
    }

    /// The reason by which a value that is missing for it is counted, if there is one.
    pub(crate) const fn absence(self) -> Option<Absence> {
        match self.class() {
            Class::Unsupported => Some(Absence::Unsupported),
            Class::Permission => Some(Absence::Permission),
            Class::Lost => Some(Absence::Lost),
            Class::Timeout => Some(Absence::Timeout),
            Class::Driver | Class::Other => None,
        }
    }

    const fn words(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "the driver's library was shut down",
            2 => "the driver does not know this argument",
            3 => "not supported by this GPU",
            4 => "no permission",
            6 => "not found",
            8 => "the GPU's power cables are not attached",
            9 => "the driver is not loaded",
            10 => "no answer in time",
            11 => "the kernel reports an interrupt problem of the GPU",
            12 => "a library of the driver is missing",
            13 => "this driver has no such function",
            14 => "the GPU's infoROM is corrupted",
            15 => "the GPU has fallen off the bus or does not answer any more",
            16 => "the GPU needs a reset",
            17 => "blocked by the operating system",
            18 => "the driver is loaded but its version differs from the library's",
            19 => "the GPU is in use by another client",
            20 => "out of memory",
            21 => "no data yet",
            23 => "out of resources",
            25 | 26 => "the driver does not know this version of the function",
            27 => "the GPU is not ready yet",
            28 => "there is no such GPU any more",
            29 => "the GPU is in a state that forbids it",
            999 => "unknown error of the driver",
            _ => return None,
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (NVML code {})", self.words().unwrap_or("an error that no header lists"), self.0)
    }
}

#[cfg(test)]
mod tests {
    use tracecore_gpusim::SimError;

    use super::{Class, Code};

    #[test]
    fn codes_are_those_of_the_library() {
        for (simulated, class) in [
            (SimError::NOT_SUPPORTED, Class::Unsupported),
            (SimError::FUNCTION_NOT_FOUND, Class::Unsupported),
            (SimError::NO_PERMISSION, Class::Permission),
            (SimError::GPU_IS_LOST, Class::Lost),
            (SimError::GPU_NOT_FOUND, Class::Lost),
            (SimError::TIMEOUT, Class::Timeout),
            (SimError::UNINITIALIZED, Class::Driver),
            (SimError::LIB_RM_VERSION_MISMATCH, Class::Driver),
            (SimError::UNKNOWN, Class::Other),
        ] {
            assert_eq!(Code(simulated.code()).class(), class, "{simulated:?}");
        }
        assert_eq!(Code(SimError::INVALID_ARGUMENT.code()), Code::INVALID_ARGUMENT);
        assert_eq!(Code(SimError::DRIVER_NOT_LOADED.code()), Code::DRIVER_NOT_LOADED);
        assert_eq!(Code(SimError::FUNCTION_NOT_FOUND.code()), Code::FUNCTION_NOT_FOUND);
    }

    #[test]
    fn a_code_of_a_newer_driver_is_shown_as_what_it_is() {
        let code = Code(7777);
        assert_eq!(code.to_string(), "an error that no header lists (NVML code 7777)");
        assert_eq!(code.class(), Class::Other);
    }
}
