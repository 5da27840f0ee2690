// SPDX-License-Identifier: Apache-2.0
//! Processes, and what they use.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::ptr::null_mut;

use common::Node;
use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlDevice_t, nvmlMemory_v2_t, nvmlProcessInfo_t, nvmlProcessUtilizationInfo_v1_t,
    nvmlProcessUtilizationSample_t, nvmlProcessesUtilizationInfo_v1_t,
};
use tracecore_gpusim::{MigLayout, Process, ProcessKind, SimError};

const NOTHING: nvmlProcessInfo_t =
    nvmlProcessInfo_t { pid: 0, usedGpuMemory: 0, gpuInstanceId: 0, computeInstanceId: 0 };

fn compute(library: &NvmlLib, gpu: nvmlDevice_t) -> Vec<nvmlProcessInfo_t> {
    let mut all = [NOTHING; 20];
    let mut count = 20;
    let code = call!(library.nvmlDeviceGetComputeRunningProcesses_v3(gpu, &mut count, all.as_mut_ptr()));
    assert_eq!(code, 0);
    all[..count as usize].to_vec()
}

#[test]
fn work_is_done_by_a_process_that_has_the_memory() {
    let node = Node::new(8);
    let library = node.symbols();
    let (mut with, mut without) = (0, 0);
    for (second, index) in (20..1_500).step_by(15).zip((0..8).cycle()) {
        let gpu = node.handle(&library, index);
        node.at(second);
        let mut memory = nvmlMemory_v2_t {
            version: u32::try_from(size_of::<nvmlMemory_v2_t>()).unwrap() | 2 << 24,
            total: 0,
            reserved: 0,
            free: 0,
            used: 0,
        };
        assert_eq!(call!(library.nvmlDeviceGetMemoryInfo_v2(gpu, &mut memory)), 0);
        match compute(&library, gpu)[..] {
            [] => without += 1,
            [process] => {
                with += 1;
                assert_eq!(process.usedGpuMemory, memory.used - (4 << 20));
                assert_eq!((process.gpuInstanceId, process.computeInstanceId), (u32::MAX, u32::MAX));
            }
            ref more => assert!(more.len() < 2, "{more:?}"),
        }
    }
    assert!(with > 0 && without > 0, "{with} times there, {without} times not");
}

#[test]
fn scripted_processes_come_and_go() {
    let node = Node::new(2);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let before = compute(&library, gpu).len();
    let process = Process { pid: 4242, memory: 1 << 30, sm: 40, ..Process::default() };
    node.control().set_process(0, process).unwrap();
    node.control().set_process(0, Process { memory: 2 << 30, ..process }).unwrap();
    let kinds = [(11, ProcessKind::Graphics), (12, ProcessKind::Mps)];
    for (pid, kind) in kinds {
        node.control().set_process(0, Process { pid, kind, ..Process::default() }).unwrap();
    }
    let all = compute(&library, gpu);
    assert_eq!(all.len(), before + 1);
    let ours = all.iter().find(|it| it.pid == 4242).unwrap();
    assert_eq!(ours.usedGpuMemory, 2 << 30);
    let (mut one, mut count) = ([NOTHING; 1], 1);
    assert_eq!(call!(library.nvmlDeviceGetGraphicsRunningProcesses_v3(gpu, &mut count, one.as_mut_ptr())), 0);
    assert_eq!((count, one[0].pid), (1, 11));
    assert_eq!(
        call!(library.nvmlDeviceGetMPSComputeRunningProcesses_v3(gpu, &mut count, one.as_mut_ptr())),
        0
    );
    assert_eq!((count, one[0].pid), (1, 12));
    node.control().end_process(0, 4242).unwrap();
    assert_eq!(compute(&library, gpu).len(), before);
    // Sixteen have room, and no more.
    let fits = (100..120)
        .take_while(|pid| node.control().set_process(1, Process { pid: *pid, ..Process::default() }).is_ok());
    assert_eq!(fits.count(), 16);
}

#[test]
fn a_short_list_says_how_long_it_should_be() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    for pid in 1..4 {
        node.control()
            .set_process(0, Process { pid, kind: ProcessKind::Graphics, ..Process::default() })
            .unwrap();
    }
    let mut count = 0;
    let too_short = SimError::INSUFFICIENT_SIZE.code();
    let code = call!(library.nvmlDeviceGetGraphicsRunningProcesses_v3(gpu, &mut count, null_mut()));
    assert_eq!((code, count), (too_short, 3));
    let mut list = [NOTHING; 2];
    count = 2;
    let code = call!(library.nvmlDeviceGetGraphicsRunningProcesses_v3(gpu, &mut count, list.as_mut_ptr()));
    assert_eq!((code, count, list[0].pid), (too_short, 3, 0));
    count = 5;
    let code = call!(library.nvmlDeviceGetMPSComputeRunningProcesses_v3(gpu, &mut count, null_mut()));
    assert_eq!((code, count), (0, 0), "an empty list needs no place");
}

#[test]
fn use_is_told_by_both_functions_once() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let process = Process { pid: 77, sm: 30, bandwidth: 20, decoder: 5, ..Process::default() };
    node.control().set_process(0, process).unwrap();
    // SAFETY: numbers, for which zeros are valid.
    let (mut old, mut new): ([nvmlProcessUtilizationSample_t; 4], [nvmlProcessUtilizationInfo_v1_t; 4]) =
        unsafe { std::mem::zeroed() };
    let mut count = 0;
    let code = call!(library.nvmlDeviceGetProcessUtilization(gpu, null_mut(), &mut count, 0));
    assert_eq!(code, SimError::INSUFFICIENT_SIZE.code());
    assert_eq!(call!(library.nvmlDeviceGetProcessUtilization(gpu, old.as_mut_ptr(), &mut count, 0)), 0);
    let ours = old[..count as usize].iter().find(|it| it.pid == 77).unwrap();
    assert_eq!((ours.smUtil, ours.memUtil, ours.encUtil, ours.decUtil), (30, 20, 0, 5));
    let seen = ours.timeStamp;
    let again = call!(library.nvmlDeviceGetProcessUtilization(gpu, old.as_mut_ptr(), &mut count, seen));
    assert_eq!(again, SimError::NOT_FOUND.code(), "nothing newer");
    let mut request = nvmlProcessesUtilizationInfo_v1_t {
        version: u32::try_from(size_of::<nvmlProcessesUtilizationInfo_v1_t>()).unwrap() | 1 << 24,
        processSamplesCount: 4,
        lastSeenTimeStamp: 0,
        procUtilArray: new.as_mut_ptr(),
    };
    assert_eq!(call!(library.nvmlDeviceGetProcessesUtilizationInfo(gpu, &mut request)), 0);
    let ours = new[..request.processSamplesCount as usize].iter().find(|it| it.pid == 77).unwrap();
    assert_eq!((ours.smUtil, ours.decUtil, ours.jpgUtil), (30, 5, 0));
    // A partitioned GPU does not tell.
    node.control().set_mig(0, MigLayout::Sevenths).unwrap();
    let code = call!(library.nvmlDeviceGetProcessesUtilizationInfo(gpu, &mut request));
    assert_eq!(code, SimError::NOT_SUPPORTED.code());
}

#[test]
fn an_instance_lists_its_own_processes() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().set_mig(0, MigLayout::Mixed).unwrap();
    node.control().set_process(0, Process { pid: 5, gpu_instance: Some(13), ..Process::default() }).unwrap();
    let mut mig = null_mut();
    assert_eq!(call!(library.nvmlDeviceGetMigDeviceHandleByIndex(gpu, 2, &mut mig)), 0);
    let own = compute(&library, mig);
    assert_eq!(own.iter().map(|it| (it.pid, it.gpuInstanceId)).collect::<Vec<_>>(), [(5, 13)]);
    assert!(compute(&library, gpu).iter().any(|it| it.pid == 5));
}
