// SPDX-License-Identifier: Apache-2.0
//! Partitioned GPUs through the C ABI.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::collections::HashSet;
use std::ffi::CStr;
use std::ptr::null_mut;

use common::Node;
use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlDevice_t, nvmlDeviceAttributes_t, nvmlGpuInstanceProfileInfo_t, nvmlMemory_t,
    nvmlUtilization_t,
};
use tracecore_gpusim::{EccError, EccLocation, MigLayout, Profile, Setup, SimError};

const NOT_SUPPORTED: u32 = SimError::NOT_SUPPORTED.code();
const INVALID_ARGUMENT: u32 = SimError::INVALID_ARGUMENT.code();
const NOT_FOUND: u32 = SimError::NOT_FOUND.code();

fn a100(gpus: u32) -> Node {
    Node::of(Setup::new(gpus, 3).profile(Profile::A100Mig))
}

fn instance(library: &NvmlLib, gpu: nvmlDevice_t, index: u32) -> Result<nvmlDevice_t, u32> {
    let mut instance = null_mut();
    match call!(library.nvmlDeviceGetMigDeviceHandleByIndex(gpu, index, &mut instance)) {
        0 => Ok(instance),
        code => Err(code),
    }
}

fn uuid(library: &NvmlLib, device: nvmlDevice_t) -> String {
    let mut text = [0; 96];
    assert_eq!(call!(library.nvmlDeviceGetUUID(device, text.as_mut_ptr(), 96)), 0);
    // SAFETY: the library wrote a C string.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap().to_owned()
}

#[test]
fn seven_instances_have_names_ids_and_memory_of_their_own() {
    let node = a100(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let (mut mode, mut pending, mut most) = (0, 0, 0);
    assert_eq!(call!(library.nvmlDeviceGetMigMode(gpu, &mut mode, &mut pending)), 0);
    assert_eq!(call!(library.nvmlDeviceGetMaxMigDeviceCount(gpu, &mut most)), 0);
    assert_eq!((mode, pending, most), (1, 1, 7));
    let (mut uuids, mut ids, mut used) = (HashSet::new(), HashSet::new(), 0);
    for index in 0..7 {
        let mig = instance(&library, gpu, index).unwrap();
        let name = uuid(&library, mig);
        assert!(name.starts_with("MIG-51510000-") && name.len() == 40, "{name}");
        let mut same = null_mut();
        let text = std::ffi::CString::new(name.clone()).unwrap();
        assert_eq!(call!(library.nvmlDeviceGetHandleByUUID(text.as_ptr(), &mut same)), 0);
        assert_eq!(same, mig);
        uuids.insert(name);
        let (mut gi, mut ci, mut is, mut parent, mut number) = (99, 99, 0, null_mut(), 99);
        assert_eq!(call!(library.nvmlDeviceGetGpuInstanceId(mig, &mut gi)), 0);
        assert_eq!(call!(library.nvmlDeviceGetComputeInstanceId(mig, &mut ci)), 0);
        assert_eq!(call!(library.nvmlDeviceIsMigDeviceHandle(mig, &mut is)), 0);
        assert_eq!(call!(library.nvmlDeviceGetIndex(mig, &mut number)), 0);
        assert_eq!(call!(library.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig, &mut parent)), 0);
        assert_eq!((ci, is, parent, number), (0, 1, gpu, index));
        ids.insert(gi);
        let mut memory = nvmlMemory_t { total: 0, free: 0, used: 0 };
        assert_eq!(call!(library.nvmlDeviceGetMemoryInfo(mig, &mut memory)), 0);
        assert_eq!(memory.total, 4_864 << 20);
        assert_eq!(memory.used + memory.free, memory.total);
        used += memory.used;
        // SAFETY: numbers, for which zeros are valid.
        let mut has: nvmlDeviceAttributes_t = unsafe { std::mem::zeroed() };
        assert_eq!(call!(library.nvmlDeviceGetAttributes_v2(mig, &mut has)), 0);
        assert_eq!((has.gpuInstanceSliceCount, has.memorySizeMB, has.multiprocessorCount), (1, 4_864, 14));
    }
    assert_eq!((uuids.len(), ids.len()), (7, 7));
    let mut whole = nvmlMemory_t { total: 0, free: 0, used: 0 };
    assert_eq!(call!(library.nvmlDeviceGetMemoryInfo(gpu, &mut whole)), 0);
    assert!(used <= whole.used && used + (64 << 20) > whole.used, "{used} of {}", whole.used);
    assert_eq!(instance(&library, gpu, 7), Err(INVALID_ARGUMENT));
    let mut gi = 0;
    assert_eq!(call!(library.nvmlDeviceGetGpuInstanceId(gpu, &mut gi)), INVALID_ARGUMENT, "no instance");
}

#[test]
fn mig_goes_on_and_off() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let mut busy = nvmlUtilization_t { gpu: 0, memory: 0 };
    assert_eq!(instance(&library, gpu, 0), Err(NOT_SUPPORTED));
    assert_eq!(call!(library.nvmlDeviceGetUtilizationRates(gpu, &mut busy)), 0);
    node.control().set_mig(0, MigLayout::Mixed).unwrap();
    assert_eq!(call!(library.nvmlDeviceGetUtilizationRates(gpu, &mut busy)), NOT_SUPPORTED);
    let mig = instance(&library, gpu, 0).unwrap();
    assert_eq!(instance(&library, gpu, 4), Err(NOT_FOUND));
    let mut text = [0; 96];
    assert_eq!(call!(library.nvmlDeviceGetName(mig, text.as_mut_ptr(), 96)), 0);
    // SAFETY: the library wrote a C string.
    let name = unsafe { CStr::from_ptr(text.as_ptr()) }.to_str().unwrap();
    assert_eq!(name, "NVIDIA H100 80GB HBM3 MIG 3g.40gb");
    node.control().set_mig(0, MigLayout::Empty).unwrap();
    assert_eq!(instance(&library, gpu, 0), Err(NOT_FOUND));
    node.control().set_mig(0, MigLayout::Off).unwrap();
    assert_eq!(call!(library.nvmlDeviceGetName(mig, text.as_mut_ptr(), 96)), INVALID_ARGUMENT, "gone");
    assert_eq!(call!(library.nvmlDeviceGetUtilizationRates(gpu, &mut busy)), 0);
}

#[test]
fn most_questions_are_about_whole_gpus() {
    let node = a100(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let mig = instance(&library, gpu, 2).unwrap();
    let mut number = 0;
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(mig, &mut number)), NOT_SUPPORTED);
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut number)), 0);
    assert_eq!(call!(library.nvmlDeviceGetTemperature(mig, 0, &mut number)), NOT_SUPPORTED);
}

#[test]
fn volatile_errors_are_told_by_instances_and_others_by_the_gpu() {
    let node = a100(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().inject_ecc(0, EccError::Uncorrected, EccLocation::L2, 2).unwrap();
    let count = |device, aggregate, place| {
        let mut count = 0;
        match call!(library.nvmlDeviceGetMemoryErrorCounter(device, 1, aggregate, place, &mut count)) {
            0 => Ok(count),
            code => Err(code),
        }
    };
    assert_eq!((count(gpu, 0, 7), count(gpu, 1, 7)), (Err(NOT_SUPPORTED), Ok(2)));
    let migs: Vec<_> = (0..7).map(|index| instance(&library, gpu, index).unwrap()).collect();
    assert_eq!(migs.iter().map(|mig| count(*mig, 0, 7).unwrap()).sum::<u64>(), 2);
    assert_eq!((count(migs[0], 1, 7), count(migs[0], 0, 2)), (Err(NOT_SUPPORTED), Err(NOT_SUPPORTED)));
}

#[test]
fn profiles_say_what_could_be_made() {
    let node = a100(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    // SAFETY: numbers, for which zeros are valid.
    let mut info: nvmlGpuInstanceProfileInfo_t = unsafe { std::mem::zeroed() };
    for (profile, slices, count, memory) in [(0, 1, 7, 4_864), (2, 3, 2, 19_456), (4, 7, 1, 38_912)] {
        assert_eq!(call!(library.nvmlDeviceGetGpuInstanceProfileInfo(gpu, profile, &mut info)), 0);
        assert_eq!((info.sliceCount, info.instanceCount, info.memorySizeMB), (slices, count, memory));
    }
    assert_eq!(call!(library.nvmlDeviceGetGpuInstanceProfileInfo(gpu, 9, &mut info)), NOT_SUPPORTED);
}

#[test]
fn boards_without_it_say_so() {
    let node = Node::of(Setup::new(1, 1).profile(Profile::L40s));
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let (mut mode, mut pending, mut most) = (0, 0, 9);
    assert_eq!(call!(library.nvmlDeviceGetMigMode(gpu, &mut mode, &mut pending)), NOT_SUPPORTED);
    assert_eq!(call!(library.nvmlDeviceGetMaxMigDeviceCount(gpu, &mut most)), 0);
    assert_eq!(most, 0);
    node.control().set_mig(0, MigLayout::Sevenths).unwrap();
    assert_eq!(instance(&library, gpu, 0), Err(NOT_SUPPORTED));
}
