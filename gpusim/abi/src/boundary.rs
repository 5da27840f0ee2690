// SPDX-License-Identifier: Apache-2.0
//! Crossing the boundary: pointers from C, panics from Rust, handles.
#![allow(unsafe_code, reason = "the callers are C")]

use std::ffi::{CStr, OsStr, c_char, c_uint};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::ptr;

use nvml_wrapper_sys::bindings::{nvmlDevice_t, nvmlReturn_t};
use tracecore_gpusim::{Device, MAX_GPUS, SimError};

use crate::host;

/// Address of the handle of slot 0. Handles are numbers that nobody dereferences.
const FIRST_HANDLE: usize = 0x5151_0000;
const HANDLE_STRIDE: usize = 16;

/// Runs a call and turns its outcome into a return code; a panic is an unknown error.
pub(crate) fn guard(call: impl FnOnce() -> Result<(), SimError>) -> nvmlReturn_t {
    // Unwind safe: what a call changes is atomics, and a lock that forgives poisoning.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => error.code(),
        Err(_panic) => SimError::UNKNOWN.code(),
    }
}

/// The handle of a device.
pub(crate) fn handle(device: &Device) -> nvmlDevice_t {
    ptr::without_provenance_mut(FIRST_HANDLE + device.slot() as usize * HANDLE_STRIDE)
}

/// The device of a handle, in the node that this thread's calls go to.
pub(crate) fn gpu(handle: nvmlDevice_t) -> Result<Device, SimError> {
    host::node(|node| {
        let offset = handle.addr().checked_sub(FIRST_HANDLE).ok_or(SimError::INVALID_ARGUMENT)?;
        let slot = u32::try_from(offset / HANDLE_STRIDE).unwrap_or(MAX_GPUS);
        let device = node.device_in_slot(slot).filter(|_| offset.is_multiple_of(HANDLE_STRIDE));
        device.ok_or(SimError::INVALID_ARGUMENT)
    })
}

/// Writes a result where the caller wants it.
///
/// # Safety
/// `out` is null or valid for a write.
pub(crate) unsafe fn put<T>(out: *mut T, value: T) -> Result<(), SimError> {
    if out.is_null() {
        return Err(SimError::INVALID_ARGUMENT);
    }
    // SAFETY: not null, hence valid by the contract.
    unsafe { out.write(value) };
    Ok(())
}

/// Writes a text and its terminating zero where the caller wants it.
///
/// # Safety
/// `out` is null or valid for writes of `length` bytes.
pub(crate) unsafe fn put_text(out: *mut c_char, length: c_uint, text: &str) -> Result<(), SimError> {
    if out.is_null() {
        return Err(SimError::INVALID_ARGUMENT);
    }
    if text.len() >= length as usize {
        return Err(SimError::INSUFFICIENT_SIZE);
    }
    // SAFETY: the buffer has more bytes than the text, and a new text does not overlap it.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), out.cast(), text.len());
        out.add(text.len()).write(0);
    }
    Ok(())
}

/// The caller's text.
///
/// # Safety
/// `text` is null or ends with a zero, and outlives `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Result<&'a str, SimError> {
    if text.is_null() {
        return Err(SimError::INVALID_ARGUMENT);
    }
    // SAFETY: not null, hence a C string by the contract.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| SimError::INVALID_ARGUMENT)
}

/// The caller's array.
///
/// # Safety
/// `first` is null or the first of `count` initialised elements that nobody else uses during `'a`.
pub(crate) unsafe fn array<'a, T>(first: *mut T, count: i32) -> Result<&'a mut [T], SimError> {
    match usize::try_from(count) {
        Ok(count) if count > 0 && !first.is_null() => {
            // SAFETY: not null, hence as many elements by the contract.
            Ok(unsafe { std::slice::from_raw_parts_mut(first, count) })
        }
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}

/// The file that this code was loaded from.
pub(crate) fn own_path() -> Option<PathBuf> {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let inside = own_path as fn() -> Option<PathBuf> as *const libc::c_void;
    // SAFETY: `info` is valid for a write, and any address may be asked about.
    let found = unsafe { libc::dladdr(inside, info.as_mut_ptr()) };
    // SAFETY: all zeros are a valid Dl_info, whether or not dladdr wrote to it.
    let info = unsafe { info.assume_init() };
    if found == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the loader's own string, which lives as long as the library is loaded.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}
