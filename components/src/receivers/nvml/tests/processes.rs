// SPDX-License-Identifier: Apache-2.0
//! Single processes: who they are, what they use, and that there is an end to their number.
#![allow(unsafe_code, reason = "a library is C")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers of the test's own")]

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_uint, c_ulonglong};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlProcessInfo_t, nvmlProcessUtilizationSample_t, nvmlReturn_t,
};
use tracecore_runtime::testing::Harness;

use super::super::{Processes, SimulatedNvml};
use super::Node;
use super::scripted::{Scripted, only, open};

const MEMORY: &str = "tracecore.gpu.process.memory.usage";
const UTILIZATION: &str = "tracecore.gpu.process.utilization";

thread_local! {
    /// Pids and bytes.
    static RUNNING: RefCell<Vec<(u32, u64)>> = const { RefCell::new(Vec::new()) };
    /// Pids, times and percent.
    static BUSY: RefCell<Vec<(u32, u64, u32)>> = const { RefCell::new(Vec::new()) };
    static LISTED: Cell<u32> = const { Cell::new(0) };
}

unsafe extern "C" fn compute(
    _: nvmlDevice_t,
    count: *mut c_uint,
    infos: *mut nvmlProcessInfo_t,
) -> nvmlReturn_t {
    LISTED.set(LISTED.get() + 1);
    RUNNING.with_borrow(|running| {
        // SAFETY: the caller's array.
        unsafe {
            let room = *count as usize;
            *count = running.len() as u32;
            if room < running.len() {
                return 7;
            }
            for (at, (pid, bytes)) in running.iter().enumerate() {
                *infos.add(at) = nvmlProcessInfo_t {
                    pid: *pid,
                    usedGpuMemory: *bytes,
                    gpuInstanceId: u32::MAX,
                    computeInstanceId: u32::MAX,
                };
            }
        }
        0
    })
}

unsafe extern "C" fn none(_: nvmlDevice_t, count: *mut c_uint, _: *mut nvmlProcessInfo_t) -> nvmlReturn_t {
    // SAFETY: the caller's pointer.
    unsafe { *count = 0 };
    0
}

unsafe extern "C" fn utilization(
    _: nvmlDevice_t,
    out: *mut nvmlProcessUtilizationSample_t,
    count: *mut c_uint,
    after: c_ulonglong,
) -> nvmlReturn_t {
    BUSY.with_borrow(|busy| {
        let new: Vec<_> = busy.iter().filter(|(_, time, _)| *time > after).collect();
        // SAFETY: the caller's array, which is long enough here.
        unsafe {
            *count = new.len() as u32;
            for (at, (pid, time, percent)) in new.iter().enumerate() {
                *out.add(at) = nvmlProcessUtilizationSample_t {
                    pid: *pid,
                    timeStamp: *time,
                    smUtil: *percent,
                    memUtil: 5,
                    encUtil: 0,
                    decUtil: 0,
                };
            }
        }
        if new.is_empty() { 6 } else { 0 }
    })
}

unsafe extern "C" fn name(pid: c_uint, out: *mut c_char, _: c_uint) -> nvmlReturn_t {
    let text = format!("/usr/bin/job{pid} --train\0");
    for (at, byte) in text.bytes().enumerate() {
        // SAFETY: the caller's buffer, which is long enough here.
        unsafe { *out.add(at) = c_char::from_ne_bytes([byte]) };
    }
    0
}

fn start(node: &Node, limit: u32) -> Harness<Scripted> {
    let processes = Processes { enabled: true, limit };
    let config = super::super::Config { processes, ..only(node, |_| {}) };
    open(config, |library| {
        library.nvmlDeviceGetComputeRunningProcesses_v3 = Ok(compute);
        library.nvmlDeviceGetGraphicsRunningProcesses_v3 = Ok(none);
        library.nvmlDeviceGetMPSComputeRunningProcesses_v3 = Ok(none);
        library.nvmlDeviceGetProcessUtilization = Ok(utilization);
        library.nvmlSystemGetProcessName = Ok(name);
    })
}

fn pids(receiver: &Harness<Scripted>) -> Vec<String> {
    let points = receiver.points();
    let memory = points.iter().filter(|point| point.name() == MEMORY);
    memory.filter_map(|point| point.attribute("process.pid")).collect()
}

fn of_the_gpu(receiver: &Harness<Scripted>) -> (Option<f64>, Option<f64>) {
    let value = |name| receiver.value(name, &[]);
    (value("tracecore.gpu.processes"), value("tracecore.gpu.processes.omitted"))
}

#[test]
fn a_process_shows_what_it_uses() {
    RUNNING.set(vec![(4711, 3 << 30)]);
    BUSY.set(vec![(4711, 10, 30), (4711, 20, 80)]);
    let node = Node::new(1);
    let mut receiver = start(&node, 8);
    // What was sampled before it began counts no more than what comes after.
    BUSY.with_borrow_mut(|busy| busy.push((4711, 30, 60)));
    receiver.tick().unwrap();
    let job = [("process.pid", "4711"), ("process.executable.name", "job4711")];
    assert_eq!(receiver.value(MEMORY, &job), Some(f64::from(3_u32 << 30)));
    let busy = |task| {
        let attributes = [job[0], job[1], ("hw.gpu.task", task), ("tracecore.gpu.process.type", "compute")];
        receiver.value(UTILIZATION, &attributes)
    };
    assert_eq!((busy("general"), busy("memory"), busy("encoder")), (Some(0.6), Some(0.05), Some(0.0)));
    receiver.tick().unwrap();
    let general = [("hw.gpu.task", "general")];
    assert_eq!(receiver.value(UTILIZATION, &general), Some(0.0), "idle since then");
}

#[test]
fn no_more_than_the_limit_have_series_and_the_others_are_counted() {
    RUNNING.set((1..=100).map(|pid| (pid, u64::from(pid) << 20)).collect());
    let node = Node::new(1);
    let mut receiver = start(&node, 3);
    receiver.tick().unwrap();
    assert_eq!(pids(&receiver), ["100", "99", "98"], "the biggest");
    assert_eq!(of_the_gpu(&receiver), (Some(100.0), Some(97.0)));
    assert!(!receiver.wants_discovery(), "there is no place for anybody else");
    let series = receiver.series();
    RUNNING.with_borrow_mut(|running| running.push((200, 1 << 40)));
    receiver.tick().unwrap();
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!(pids(&receiver), ["100", "99", "98"], "who is in stays in");
    assert_eq!(receiver.series(), series);
}

#[test]
fn processes_come_and_go_without_a_call_or_a_series_too_many() {
    RUNNING.set(vec![(1, 1)]);
    let node = Node::new(1);
    let mut receiver = start(&node, 8);
    receiver.tick().unwrap();
    RUNNING.set(vec![(2, 1)]);
    receiver.tick().unwrap();
    assert!(pids(&receiver).is_empty(), "what is gone shows nothing");
    assert_eq!(of_the_gpu(&receiver), (Some(1.0), Some(1.0)));
    assert!(receiver.wants_discovery());
    // A new process each tick does not make each tick look for devices.
    RUNNING.set(vec![(3, 1)]);
    receiver.tick().unwrap();
    assert!(!receiver.wants_discovery());
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!(pids(&receiver), ["3"]);
    assert_eq!(of_the_gpu(&receiver), (Some(1.0), Some(0.0)));
    let series = receiver.series();
    for pid in 10..100 {
        RUNNING.set(vec![(pid, 1)]);
        receiver.discover().unwrap();
    }
    assert_eq!(receiver.series(), series, "series of the gone have ended");
    let listed = LISTED.get();
    receiver.tick().unwrap();
    assert_eq!(LISTED.get(), listed + 1, "one call a tick");
}

#[test]
fn more_processes_than_there_was_room_for_are_all_seen() {
    RUNNING.set((1..=1000).map(|pid| (pid, 1)).collect());
    let node = Node::new(1);
    let mut receiver = start(&node, 5);
    receiver.tick().unwrap();
    assert_eq!(of_the_gpu(&receiver), (Some(1000.0), Some(995.0)));
}

#[test]
fn nobody_is_asked_for_unless_it_is_wanted() {
    RUNNING.set(vec![(1, 1)]);
    let node = Node::new(1);
    let mut receiver = open(only(&node, |_| {}), |library| {
        library.nvmlDeviceGetComputeRunningProcesses_v3 = Ok(compute);
    });
    receiver.tick().unwrap();
    assert_eq!((LISTED.get(), of_the_gpu(&receiver)), (0, (None, None)));
}

#[test]
fn processes_of_a_simulated_gpu_are_those_of_its_model() {
    let node = Node::new(1);
    let process = tracecore_gpusim::Process {
        pid: 4711,
        memory: 1 << 30,
        sm: 40,
        bandwidth: 10,
        ..tracecore_gpusim::Process::default()
    };
    node.control.set_process(0, process).unwrap();
    let processes = Processes { enabled: true, limit: 32 };
    let config = super::super::Config { processes, ..only(&node, |_| {}) };
    let mut receiver = Harness::<SimulatedNvml>::open(config).unwrap();
    node.control.set_time(Some(std::time::Duration::from_secs(42)));
    receiver.tick().unwrap();
    let pid = [("process.pid", "4711")];
    assert_eq!(receiver.value(MEMORY, &pid), Some(f64::from(1_u32 << 30)));
    let busy = |task| receiver.value(UTILIZATION, &[pid[0], ("hw.gpu.task", task)]);
    assert_eq!((busy("general"), busy("memory")), (Some(0.4), Some(0.1)));
}
