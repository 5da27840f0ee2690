// SPDX-License-Identifier: Apache-2.0
//! Calls of the library: a missing function is a code, a return code is a result, and a getter
//! of one value is a line.
//!
//! Invariant: nothing here allocates. A function that an older driver lacks costs a branch, so
//! it need not be remembered for speed; that it is asked once only is decided by who asks.
#![allow(unsafe_code, reason = "the library is C")]

use super::{Code, Device};

/// A function of the library, if this driver has it.
#[inline]
pub(crate) fn symbol<F: Copy, E>(entry: &Result<F, E>) -> Result<F, Code> {
    entry.as_ref().copied().map_err(|_| Code::FUNCTION_NOT_FOUND)
}

/// A return code as a result.
#[inline]
pub(crate) const fn check(code: u32) -> Result<(), Code> {
    match code {
        0 => Ok(()),
        code => Err(Code(code)),
    }
}

/// The version word of a structure that carries one: its size and its number.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "structures of the library have less than 2^24 bytes")]
pub(crate) const fn struct_version<T>(number: u32) -> u32 {
    size_of::<T>() as u32 | (number << 24)
}

/// Methods of [`Device`] that each make one call for one value: their name, arguments that are
/// passed on, the library's function, and what it fills. A structure that says which version of
/// itself it is has the number behind it.
///
/// ```text
/// /// Milliwatts.
/// power = nvmlDeviceGetPowerUsage() -> c_uint;
/// /// Bytes.
/// memory = nvmlDeviceGetMemoryInfo_v2() -> nvmlMemory_v2_t, version 2;
/// ```
macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident = $function:ident($($argument:ident: $type:ty),*) -> $value:ty $(, version $version:literal)?;)*) => {
        impl $crate::receivers::nvml::driver::Device {
            $(
                $(#[$doc])*
                #[inline]
                pub(crate) fn $name(&self $(, $argument: $type)*)
                    -> Result<$value, $crate::receivers::nvml::code::Code>
                {
                    let function = $crate::receivers::nvml::driver::symbol(&self.lib().$function)?;
                    // SAFETY: numbers and structures of numbers, for which all zeros are a value.
                    #[allow(unused_mut, reason = "not every value says its version")]
                    let mut value: $value = unsafe { std::mem::zeroed() };
                    $(value.version = $crate::receivers::nvml::driver::struct_version::<$value>($version);)?
                    // SAFETY: the handle is of this library, and the value is what the function
                    // of this type fills.
                    let code = unsafe { function(self.handle(), $($argument,)* &raw mut value) };
                    $crate::receivers::nvml::driver::check(code)?;
                    Ok(value)
                }
            )*
        }
    };
}
pub(crate) use getters;

/// A text that the library writes into a buffer of ours. Allocates: texts are asked once.
pub(super) fn text(call: impl FnOnce(*mut std::ffi::c_char, u32) -> u32) -> Result<String, Code> {
    let mut buffer = [0_u8; 256];
    check(call(buffer.as_mut_ptr().cast(), 256))?;
    let length = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

impl Device {
    /// A text about it that one function of the library gives.
    pub(super) fn text<E>(
        &self,
        function: &Result<
            unsafe extern "C" fn(nvml_wrapper_sys::bindings::nvmlDevice_t, *mut std::ffi::c_char, u32) -> u32,
            E,
        >,
    ) -> Result<String, Code> {
        let function = symbol(function)?;
        // SAFETY: the handle is of this library, and the buffer has the length that is said.
        text(|buffer, length| unsafe { function(self.handle(), buffer, length) })
    }
}
