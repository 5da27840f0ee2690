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
use tracecore_gpusim::{Function, MAX_GPUS, MAX_INSTANCES, Place, SimError, View};

use crate::host;

/// Address of the handle of slot 0. Handles are numbers that nobody dereferences.
const FIRST_HANDLE: usize = 0x5151_0000;
/// From one handle to the next: a GPU, then its instances.
const HANDLE_STRIDE: u32 = 16;
/// From one GPU to the next.
const GPU_STRIDE: usize = 256;

/// Runs a call and turns its outcome into a return code; a panic is an unknown error.
pub(crate) fn guard(call: impl FnOnce() -> Result<(), SimError>) -> nvmlReturn_t {
    // Unwind safe: what a call changes is atomics, and a lock that forgives poisoning.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => error.code(),
        Err(_panic) => SimError::UNKNOWN.code(),
    }
}

/// The handle of a GPU or an instance.
pub(crate) fn handle(place: Place) -> nvmlDevice_t {
    let within = place.instance.map_or(0, |index| index + 1) * HANDLE_STRIDE;
    ptr::without_provenance_mut(FIRST_HANDLE + place.slot as usize * GPU_STRIDE + within as usize)
}

/// What a handle names.
pub(crate) fn place(handle: nvmlDevice_t) -> Result<Place, SimError> {
    let offset = handle.addr().checked_sub(FIRST_HANDLE).ok_or(SimError::INVALID_ARGUMENT)?;
    let (slot, within) = (offset / GPU_STRIDE, offset % GPU_STRIDE);
    let slot = u32::try_from(slot).ok().filter(|slot| *slot < MAX_GPUS);
    let within = u32::try_from(within).ok().filter(|within| within.is_multiple_of(HANDLE_STRIDE));
    let place = within.map(|within| within / HANDLE_STRIDE).filter(|place| *place <= MAX_INSTANCES);
    match (slot, place) {
        (Some(slot), Some(place)) => Ok(Place { slot, instance: place.checked_sub(1) }),
        _ => Err(SimError::INVALID_ARGUMENT),
    }
}

/// A call about what a handle names, in the node that this thread's calls go to.
pub(crate) fn ask<T>(
    handle: nvmlDevice_t,
    function: Function,
    read: impl FnOnce(&View<'_>) -> Result<T, SimError>,
) -> Result<T, SimError> {
    host::node(|node| node.call(place(handle)?, function, read))
}

/// The version of a structure that `nvml.h` declares, as callers write it into its first member.
pub(crate) const fn version<T>(number: u32) -> u32 {
    // Structures are small.
    #[expect(clippy::cast_possible_truncation, reason = "see above")]
    let size = size_of::<T>() as u32;
    size | number << 24
}

/// Checks that the caller's structure, whose first member is its version, is of this one.
///
/// # Safety
/// `out` is null, or valid for a read of its first four bytes.
pub(crate) unsafe fn check<T>(out: *const T, version: u32) -> Result<(), SimError> {
    if out.is_null() {
        return Err(SimError::INVALID_ARGUMENT);
    }
    // SAFETY: not null, hence valid by the contract; the rest may be uninitialised.
    match unsafe { out.cast::<u32>().read() } {
        found if found == version => Ok(()),
        _ => Err(SimError::ARGUMENT_VERSION_MISMATCH),
    }
}

/// Hands out a list as the library does: the caller says how many fit and is told how many there
/// are; without a place for them, or with too small a one, that is all he gets.
///
/// # Safety
/// `count` is null or valid, and `first` is null or the first of `*count` writable elements.
pub(crate) unsafe fn put_list<T>(
    count: *mut c_uint,
    first: *mut T,
    items: impl Iterator<Item = T> + Clone,
) -> Result<(), SimError> {
    if count.is_null() {
        return Err(SimError::INVALID_ARGUMENT);
    }
    // A list of this machine's processes or pages fits.
    let there = u32::try_from(items.clone().count()).unwrap_or(u32::MAX);
    // SAFETY: not null, hence valid by the contract.
    let room = unsafe { count.replace(there) };
    if there == 0 {
        return Ok(());
    }
    if first.is_null() || room < there {
        return Err(SimError::INSUFFICIENT_SIZE);
    }
    // A script may add to the list meanwhile, or take from it.
    let mut written = 0_u32;
    for item in items.take(there as usize) {
        // SAFETY: there is room for as many elements by the contract.
        unsafe { first.add(written as usize).write(item) };
        written += 1;
    }
    // SAFETY: as above.
    unsafe { count.write(written) };
    Ok(())
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

/// A short text in an array, zeros after it.
pub(crate) fn characters<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    // The last one stays zero, however long the text is.
    for (to, from) in array.iter_mut().take(N - 1).zip(text.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
    array
}
