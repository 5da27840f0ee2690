// SPDX-License-Identifier: Apache-2.0
//! What a careless C program may pass: null, short buffers, stale handles, wrong versions.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::collections::HashSet;
use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut, without_provenance_mut};

use common::Node;
use nvml_wrapper_sys::bindings::{NvmlLib, nvmlMemory_v2_t};
use tracecore_gpusim::{Function, SimError};

const INVALID_ARGUMENT: u32 = SimError::INVALID_ARGUMENT.code();

/// The symbols themselves, without a wrapper around them, and not initialised.
fn symbols(node: &Node) -> NvmlLib {
    // SAFETY: loading the simulation runs no code that needs anything.
    unsafe { NvmlLib::new(&node.instance.library) }.unwrap()
}

#[test]
fn nothing_answers_before_an_initialisation() {
    let node = Node::new(1);
    let library = symbols(&node);
    let mut count = 0;
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(&mut count)), 1);
    assert_eq!(call!(library.nvmlShutdown()), 1);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(&mut count)), 0);
    assert_eq!(call!(library.nvmlShutdown()), 0);
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(&mut count)), 1);
}

#[test]
fn null_is_an_invalid_argument() {
    let node = Node::new(1);
    let library = symbols(&node);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    let mut device = null_mut();
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(null_mut())), INVALID_ARGUMENT);
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(0, null_mut())), INVALID_ARGUMENT);
    assert_eq!(call!(library.nvmlDeviceGetHandleByUUID(null(), &mut device)), INVALID_ARGUMENT);
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(0, &mut device)), 0);
    assert_eq!(call!(library.nvmlDeviceGetUUID(device, null_mut(), 96)), INVALID_ARGUMENT);
    assert_eq!(call!(library.nvmlDeviceGetMemoryInfo_v2(device, null_mut())), INVALID_ARGUMENT);
    assert_eq!(call!(library.nvmlDeviceGetFieldValues(device, 2, null_mut())), INVALID_ARGUMENT);
}

#[test]
fn a_handle_that_was_never_given_out_is_refused() {
    let node = Node::new(1);
    let library = symbols(&node);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    let mut device = null_mut();
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(0, &mut device)), 0);
    let mut power = 0;
    for address in [0, 1, 0xDEAD_BEEF, usize::MAX, device.addr() + 1, device.addr() + 256 * 64] {
        let stray = without_provenance_mut(address);
        assert_eq!(call!(library.nvmlDeviceGetPowerUsage(stray, &mut power)), INVALID_ARGUMENT);
    }
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(device, &mut power)), 0);
}

#[test]
fn a_short_buffer_stays_untouched() {
    let node = Node::new(1);
    let library = symbols(&node);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    let mut device = null_mut();
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(0, &mut device)), 0);
    let mut text = [b'x' as c_char; 41];
    let too_small = SimError::INSUFFICIENT_SIZE.code();
    assert_eq!(call!(library.nvmlDeviceGetUUID(device, text.as_mut_ptr(), 40)), too_small);
    assert!(text.iter().all(|c| *c == b'x' as c_char));
    assert_eq!(call!(library.nvmlDeviceGetUUID(device, text.as_mut_ptr(), 41)), 0);
    assert_eq!(text[40], 0, "40 characters and a zero");
}

#[test]
fn a_structure_of_another_version_is_refused() {
    let node = Node::new(1);
    let library = symbols(&node);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    let mut device = null_mut();
    assert_eq!(call!(library.nvmlDeviceGetHandleByIndex_v2(0, &mut device)), 0);
    let mut memory = nvmlMemory_v2_t { version: 0x0300_0028, total: 7, reserved: 0, free: 0, used: 0 };
    let mismatch = SimError::ARGUMENT_VERSION_MISMATCH.code();
    assert_eq!(call!(library.nvmlDeviceGetMemoryInfo_v2(device, &mut memory)), mismatch);
    assert_eq!(memory.total, 7);
}

#[test]
fn codes_have_words() {
    let node = Node::new(1);
    let library = symbols(&node);
    for (code, words) in [(0, c"Success"), (15, c"GPU is lost"), (4711, c"Unknown Error")] {
        let text = call!(library.nvmlErrorString(code));
        // SAFETY: the library returns a C string of its own, and is still loaded.
        assert_eq!(unsafe { CStr::from_ptr(text) }, words);
    }
}

#[test]
fn every_function_has_its_symbol() {
    let node = Node::new(1);
    let bytes = std::fs::read(&node.instance.library).unwrap();
    let strings: HashSet<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    for function in Function::ALL {
        assert!(strings.contains(function.name().as_bytes()), "{} is not exported", function.name());
    }
}
