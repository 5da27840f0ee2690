// SPDX-License-Identifier: Apache-2.0
//! PCIe throughput: measured between two ticks, one GPU at a time.
#![allow(unsafe_code, reason = "a library is C")]

use std::cell::Cell;
use std::ffi::c_uint;
use std::time::{Duration, Instant};

use nvml_wrapper_sys::bindings::{nvmlDevice_t, nvmlPcieUtilCounter_t, nvmlReturn_t};
use tracecore_runtime::testing::Harness;
use tracecore_runtime::{Absence, Receiver as _};
use tracecore_schema::Config as _;

use super::scripted::{Scripted, ScriptedKind, only, open};
use super::{Node, says};

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static FAILS: Cell<u32> = const { Cell::new(0) };
}

/// Does not take its 20 ms.
unsafe extern "C" fn throughput(
    _: nvmlDevice_t,
    counter: nvmlPcieUtilCounter_t,
    kilobytes: *mut c_uint,
) -> nvmlReturn_t {
    CALLS.set(CALLS.get() + 1);
    if FAILS.get() != 0 {
        return FAILS.get();
    }
    // SAFETY: the caller's pointer.
    unsafe { *kilobytes = CALLS.get() * 10 + counter };
    0
}

fn start(node: &Node) -> Harness<Scripted> {
    open(only(node, |groups| groups.pcie_throughput = true), |library| {
        library.nvmlDeviceGetPcieThroughput = Ok(throughput);
    })
}

fn rates(receiver: &Harness<Scripted>, gpu: &str) -> [Option<f64>; 2] {
    ["transmit", "receive"].map(|direction| {
        let attributes = [("hw.name", gpu), ("network.io.direction", direction)];
        receiver.value("tracecore.gpu.pcie.throughput", &attributes)
    })
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(1)
}

#[test]
fn gpus_have_their_turn_between_ticks_and_tell_with_the_next() {
    let node = Node::new(3);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    assert_eq!(CALLS.get(), 0, "a tick makes no such call");
    assert_eq!(rates(&receiver, "gpu 0"), [None, None]);
    for turn in 1..=3 {
        assert!(receiver.idle(soon()));
        assert_eq!(CALLS.get(), 2 * turn, "both directions of one GPU");
    }
    assert!(!receiver.idle(soon()), "everybody had a turn");
    receiver.tick().unwrap();
    assert_eq!(CALLS.get(), 6);
    assert_eq!(rates(&receiver, "gpu 0"), [Some(10.0 * 1024.0), Some(21.0 * 1024.0)]);
    assert_eq!(rates(&receiver, "gpu 2"), [Some(50.0 * 1024.0), Some(61.0 * 1024.0)]);
}

#[test]
fn without_time_there_is_no_call_and_whoever_waits_is_first() {
    let node = Node::new(2);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    assert!(!receiver.idle(Instant::now() + Duration::from_millis(10)));
    assert_eq!(CALLS.get(), 0);
    assert!(receiver.idle(soon()));
    receiver.tick().unwrap();
    // It has been seen how long it takes: the second GPU's turn comes before the first one's.
    assert_eq!((rates(&receiver, "gpu 0")[0].is_some(), rates(&receiver, "gpu 1")[0]), (true, None));
    assert!(receiver.idle(soon()));
    receiver.tick().unwrap();
    assert!(rates(&receiver, "gpu 1")[0].is_some());
    assert!(rates(&receiver, "gpu 0")[0].is_some(), "still fresh");
}

#[test]
fn a_gpu_that_does_not_support_it_is_asked_once() {
    FAILS.set(3);
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    receiver.idle(soon());
    assert_eq!(CALLS.get(), 1);
    for _ in 0..3 {
        receiver.tick().unwrap();
        assert_eq!(receiver.absent(Absence::Unsupported), 2);
        assert!(!receiver.idle(soon()));
        receiver.discover().unwrap();
    }
    assert_eq!(CALLS.get(), 1);
}

#[test]
fn a_failure_is_told_by_the_next_tick() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    FAILS.set(999);
    receiver.idle(soon());
    let fault = receiver.tick().unwrap_err();
    assert_eq!(fault.kind(), ScriptedKind::Read);
    says(&fault, &["gpu 0", "nvmlDeviceGetPcieThroughput", "999"]);
    FAILS.set(0);
    receiver.idle(soon());
    receiver.tick().unwrap();
    assert!(rates(&receiver, "gpu 0")[0].is_some());
}

#[test]
fn slack_is_only_asked_for_if_it_is_used_and_there_has_to_be_some() {
    let node = Node::new(1);
    let mut config = only(&node, |_| {});
    assert!(!super::super::SimulatedNvml::pace(&config).idles);
    config.groups.pcie_throughput = true;
    assert!(super::super::SimulatedNvml::pace(&config).idles);
    assert_eq!(config.check(), []);
    config.collection_interval = Duration::from_millis(100);
    let problems = format!("{:?}", config.check());
    assert!(problems.contains("pcie_throughput"), "{problems}");
}
