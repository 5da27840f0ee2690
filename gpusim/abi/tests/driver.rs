// SPDX-License-Identifier: Apache-2.0
//! The driver goes, comes back, is another one, or lacks functions.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::collections::HashSet;
use std::ffi::CStr;

use common::Node;
use nvml_wrapper_sys::bindings::NvmlLib;
use tracecore_gpusim::{Counter, Function, Profile, Setup, SimError, Simulation};
use tracecore_gpusim_nvml::{attach, table};

const UNINITIALIZED: u32 = SimError::UNINITIALIZED.code();
const DRIVER_NOT_LOADED: u32 = SimError::DRIVER_NOT_LOADED.code();

fn version(library: &NvmlLib) -> String {
    let mut text = [0; 80];
    assert_eq!(call!(library.nvmlSystemGetDriverVersion(text.as_mut_ptr(), 80)), 0);
    // SAFETY: the library wrote a C string.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned()
}

#[test]
fn a_driver_that_is_unloaded_and_loaded_again() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let (mut energy, mut power) = (0, 0);
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut energy)), 0);
    assert!(energy > 0);
    node.control().unload_driver();
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), DRIVER_NOT_LOADED);
    assert_eq!(call!(library.nvmlInit_v2()), DRIVER_NOT_LOADED);
    node.control().load_driver(Some("595.45.04"));
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), UNINITIALIZED);
    assert_eq!(call!(library.nvmlInit_v2()), 0, "the old initialisation is still there");
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), UNINITIALIZED);
    assert_eq!(call!(library.nvmlShutdown()), 0);
    assert_eq!(call!(library.nvmlShutdown()), 0);
    assert_eq!(call!(library.nvmlInit_v2()), 0);
    assert_eq!(version(&library), "595.45.04");
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), 0);
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut energy)), 0);
    assert_eq!(energy, 0, "it counts from the load");
    node.at(30);
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut energy)), 0);
    assert!((600_000..=7_000_000).contains(&energy), "{energy} mJ in ten seconds");
}

#[test]
fn a_shutdown_works_without_a_driver() {
    let node = Node::new(1);
    let library = node.symbols();
    node.control().unload_driver();
    assert_eq!(call!(library.nvmlShutdown()), 0);
    assert_eq!(call!(library.nvmlShutdown()), UNINITIALIZED);
}

#[test]
fn a_library_and_a_kernel_module_that_do_not_belong_together() {
    let node = Node::new(1);
    let library = node.symbols();
    let mut count = 0;
    node.control().mismatch_versions(true);
    let mismatch = SimError::LIB_RM_VERSION_MISMATCH.code();
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(&mut count)), mismatch);
    assert_eq!(call!(library.nvmlInit_v2()), mismatch);
    node.control().mismatch_versions(false);
    assert_eq!(call!(library.nvmlDeviceGetCount_v2(&mut count)), 0);
}

#[test]
fn a_gpu_that_is_swapped_has_another_uuid() {
    let node = Node::new(2);
    let library = node.symbols();
    let gpu = node.handle(&library, 1);
    let uuid = || {
        let mut text = [0; 96];
        assert_eq!(call!(library.nvmlDeviceGetUUID(gpu, text.as_mut_ptr(), 96)), 0);
        // SAFETY: the library wrote a C string.
        unsafe { CStr::from_ptr(text.as_ptr()) }.to_owned()
    };
    let before = uuid();
    node.control().change_uuid(1).unwrap();
    let after = uuid();
    assert_ne!(before, after);
    let mut found = std::ptr::null_mut();
    let gone = call!(library.nvmlDeviceGetHandleByUUID(before.as_ptr(), &mut found));
    assert_eq!(gone, SimError::NOT_FOUND.code());
    assert_eq!(call!(library.nvmlDeviceGetHandleByUUID(after.as_ptr(), &mut found)), 0);
    assert_eq!(found, gpu);
}

#[test]
fn energy_that_goes_backwards() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let (mut before, mut after) = (0, 0);
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut before)), 0);
    node.control().set_back(0, Counter::Energy, 1_000_000).unwrap();
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut after)), 0);
    assert_eq!(before - after, 1_000_000);
}

#[test]
fn an_old_driver_lacks_the_symbols() {
    let node = Node::of(Setup::new(1, 1).profile(Profile::Old));
    let library = node.symbols();
    assert_eq!(version(&library), "470.256.02");
    assert!(library.nvmlDeviceGetMemoryInfo_v2.is_err());
    assert!(library.nvmlGpmSampleGet.is_err());
    assert!(library.nvmlSystemEventSetCreate.is_err());
    assert!(library.nvmlDeviceGetCurrentClocksEventReasons.is_err());
    let gpu = node.handle(&library, 0);
    let mut reasons = 0;
    assert_eq!(call!(library.nvmlDeviceGetCurrentClocksThrottleReasons(gpu, &mut reasons)), 0);
    let bytes = std::fs::read(&node.instance.library).unwrap();
    let strings: HashSet<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    for function in Function::ALL {
        let there = strings.contains(function.name().as_bytes());
        assert_eq!(there, Profile::Old.has(*function), "{}", function.name());
    }
}

#[test]
fn its_table_lacks_them_too() {
    let control = tracecore_gpusim::Control::in_memory_as(Setup::new(1, 1).profile(Profile::Old)).unwrap();
    let _attachment = attach(Simulation::scripted(control));
    let table = table();
    assert!(table.nvmlDeviceGetMemoryInfo_v2.is_err() && table.nvmlDeviceGetMemoryInfo.is_ok());
}

#[test]
fn a_library_that_was_loaded_already_says_it_in_words() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().without(Function::GetPowerUsage);
    let mut power = 0;
    let code = call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power));
    assert_eq!(code, SimError::FUNCTION_NOT_FOUND.code());
}
