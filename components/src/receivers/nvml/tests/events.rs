// SPDX-License-Identifier: Apache-2.0
//! Xids and other events: counted once each, seen by whoever scrapes, and not lost with the GPU
//! that they are about.
#![allow(unsafe_code, reason = "a library is C")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_ulonglong;
use std::ptr;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlEventData_t, nvmlEventSet_t, nvmlReturn_t, nvmlSystemEventSetCreateRequest_t,
    nvmlSystemEventSetFreeRequest_t, nvmlSystemEventSetWaitRequest_t, nvmlSystemRegisterEventRequest_t,
};
use tracecore_runtime::Absence;
use tracecore_runtime::testing::Harness;

use super::super::super::xid;
use super::super::SimulatedNvml;
use super::scripted::{Scripted, ScriptedKind, only, open};
use super::{Node, says};

const XIDS: &str = "tracecore.gpu.xid.errors";
const EVENTS: &str = "tracecore.gpu.events";
/// Xid, both kinds of ECC errors, performance states.
const SUPPORTED: u64 = 0b1111;

/// An event that waits in the driver.
#[derive(Clone, Copy)]
struct Waiting {
    bit: u64,
    data: u64,
    instance: u32,
}

thread_local! {
    static QUEUE: RefCell<VecDeque<Waiting>> = const { RefCell::new(VecDeque::new()) };
    static SETS: Cell<usize> = const { Cell::new(0) };
    static MADE: Cell<usize> = const { Cell::new(0) };
    static REGISTERED: Cell<u64> = const { Cell::new(0) };
    static REFUSES: Cell<u64> = const { Cell::new(0) };
    static WAIT_FAILS: Cell<u32> = const { Cell::new(0) };
    static UNBINDS: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" fn supported(_: nvmlDevice_t, bits: *mut c_ulonglong) -> nvmlReturn_t {
    // SAFETY: the caller's pointer.
    unsafe { *bits = SUPPORTED };
    0
}

unsafe extern "C" fn create(set: *mut nvmlEventSet_t) -> nvmlReturn_t {
    SETS.set(SETS.get() + 1);
    MADE.set(MADE.get() + 1);
    // SAFETY: the caller's pointer.
    unsafe { *set = ptr::without_provenance_mut(MADE.get()) };
    0
}

unsafe extern "C" fn register(_: nvmlDevice_t, bits: c_ulonglong, _: nvmlEventSet_t) -> nvmlReturn_t {
    if bits & REFUSES.get() != 0 {
        return 3;
    }
    REGISTERED.set(bits);
    0
}

unsafe extern "C" fn wait(_: nvmlEventSet_t, data: *mut nvmlEventData_t, timeout: u32) -> nvmlReturn_t {
    assert_eq!(timeout, 0, "a tick never waits");
    if WAIT_FAILS.get() != 0 {
        return WAIT_FAILS.get();
    }
    let Some(event) = QUEUE.with_borrow_mut(VecDeque::pop_front) else { return 10 };
    // SAFETY: the caller's structure.
    unsafe {
        (*data).eventType = event.bit;
        (*data).eventData = event.data;
        (*data).gpuInstanceId = event.instance;
        (*data).computeInstanceId = u32::MAX;
    }
    0
}

unsafe extern "C" fn free(_: nvmlEventSet_t) -> nvmlReturn_t {
    SETS.set(SETS.get() - 1);
    0
}

unsafe extern "C" fn system_create(request: *mut nvmlSystemEventSetCreateRequest_t) -> nvmlReturn_t {
    // SAFETY: the caller's structure.
    unsafe { (*request).set = ptr::without_provenance_mut(1) };
    0
}

unsafe extern "C" fn system_register(request: *mut nvmlSystemRegisterEventRequest_t) -> nvmlReturn_t {
    // SAFETY: the caller's structure.
    let request = unsafe { &*request };
    assert_eq!((request.eventTypes, request.version >> 24, request.set.addr()), (1, 1, 1));
    0
}

unsafe extern "C" fn system_wait(request: *mut nvmlSystemEventSetWaitRequest_t) -> nvmlReturn_t {
    // SAFETY: the caller's structure.
    let request = unsafe { &mut *request };
    assert_eq!((request.timeoutms, request.dataSize), (0, 1));
    if !UNBINDS.take() {
        return 10;
    }
    request.numEvent = 1;
    // SAFETY: there is room for one.
    unsafe { (*request.data).eventType = 1 };
    0
}

unsafe extern "C" fn system_free(_: *mut nvmlSystemEventSetFreeRequest_t) -> nvmlReturn_t {
    0
}

fn happens(bit: u64, data: u64) {
    QUEUE.with_borrow_mut(|queue| queue.push_back(Waiting { bit, data, instance: u32::MAX }));
}

fn start(node: &Node) -> Harness<Scripted> {
    open(only(node, |groups| (groups.events, groups.power) = (true, true)), |library| {
        library.nvmlDeviceGetSupportedEventTypes = Ok(supported);
        library.nvmlEventSetCreate = Ok(create);
        library.nvmlDeviceRegisterEvents = Ok(register);
        library.nvmlEventSetWait_v2 = Ok(wait);
        library.nvmlEventSetFree = Ok(free);
        library.nvmlSystemEventSetCreate = Ok(system_create);
        library.nvmlSystemRegisterEvents = Ok(system_register);
        library.nvmlSystemEventSetWait = Ok(system_wait);
        library.nvmlSystemEventSetFree = Ok(system_free);
    })
}

/// What the counter of a code shows.
fn xid(receiver: &Harness<Scripted>, code: u32) -> Option<f64> {
    let code = code.to_string();
    receiver.value(XIDS, &[("tracecore.gpu.xid.code", &code), ("source", "nvml")])
}

fn event(receiver: &Harness<Scripted>, kind: &str) -> Option<f64> {
    receiver.value(EVENTS, &[("tracecore.gpu.event", kind)])
}

/// A tick, and the discovery that it asks for, as a lane does it.
fn tick(receiver: &mut Harness<Scripted>) {
    if receiver.wants_discovery() {
        receiver.discover().unwrap();
    }
    receiver.tick().unwrap();
}

#[test]
fn codes_that_call_for_action_are_there_from_the_start() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    for code in xid::ALARMING {
        assert_eq!(xid(&receiver, *code), Some(0.0), "{code}");
    }
    let codes = receiver.points().iter().filter(|point| point.name() == XIDS).count();
    assert_eq!(codes, xid::ALARMING.len());
    let fallen = receiver.points().into_iter().find(|point| {
        point.name() == XIDS && point.attribute("tracecore.gpu.xid.code").as_deref() == Some("79")
    });
    assert_eq!(fallen.unwrap().attribute("tracecore.gpu.xid.action").as_deref(), Some("restart_machine"));
    assert_eq!(event(&receiver, "double_bit_ecc_error"), Some(0.0));
    assert_eq!(event(&receiver, "clock_change"), None, "not supported");
    assert_eq!(REGISTERED.get(), 0b1011, "what is wanted of what is supported");
    assert_eq!(receiver.value("tracecore.gpu.xid.last", &[]), Some(0.0));
}

#[test]
fn an_xid_is_counted_within_one_tick() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    happens(8, 79);
    happens(8, 48);
    happens(8, 79);
    happens(2, 0);
    tick(&mut receiver);
    assert_eq!((xid(&receiver, 79), xid(&receiver, 48)), (Some(2.0), Some(1.0)));
    assert_eq!(event(&receiver, "xid"), Some(3.0));
    assert_eq!(event(&receiver, "double_bit_ecc_error"), Some(1.0));
    assert_eq!(receiver.value("tracecore.gpu.xid.last", &[]), Some(79.0));
    tick(&mut receiver);
    assert_eq!(xid(&receiver, 79), Some(2.0), "each of them once");
}

#[test]
fn the_first_event_of_a_code_that_nobody_foresaw_is_an_increase() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    happens(8, 31);
    tick(&mut receiver);
    assert_eq!(xid(&receiver, 31), None);
    assert_eq!(event(&receiver, "xid"), Some(1.0), "it is counted all the same");
    happens(8, 31);
    // A scrape each 15 s, half of the window of peaks: it comes when it comes, and sees a 0.
    for second in 0..15 {
        tick(&mut receiver);
        assert_eq!(xid(&receiver, 31), Some(0.0), "{second}");
    }
    tick(&mut receiver);
    assert_eq!(xid(&receiver, 31), Some(2.0));
    assert_eq!(receiver.refused(), []);
}

#[test]
fn an_xid_of_an_instance_says_which() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    QUEUE.with_borrow_mut(|queue| queue.push_back(Waiting { bit: 8, data: 94, instance: 5 }));
    for _ in 0..20 {
        tick(&mut receiver);
    }
    let instance = [("tracecore.gpu.xid.code", "94"), ("tracecore.gpu.mig.gpu_instance.id", "5")];
    assert_eq!(receiver.value(XIDS, &instance), Some(1.0));
}

#[test]
fn the_xid_that_ends_a_gpu_does_not_go_with_it() {
    let node = Node::new(2);
    let mut receiver = start(&node);
    tick(&mut receiver);
    happens(8, 79);
    node.control.lose(0).unwrap();
    let _ = receiver.tick();
    receiver.discover().unwrap();
    for _ in 0..60 {
        let _ = receiver.tick();
    }
    let uuid = node.simulation().device_in_slot(0).unwrap().identity().uuid.clone();
    let fallen = [("tracecore.gpu.xid.code", "79"), ("hw.id", uuid.as_str())];
    assert_eq!(receiver.value(XIDS, &fallen), Some(1.0));
    assert_eq!(SETS.get(), 1, "but nobody listens to it any more");

    node.control.clear_all();
    receiver.discover().unwrap();
    assert_eq!(SETS.get(), 2);
    happens(8, 79);
    receiver.tick().unwrap();
    let both: f64 = receiver
        .points()
        .iter()
        .filter(|point| {
            point.name() == XIDS && point.attribute("tracecore.gpu.xid.code").as_deref() == Some("79")
        })
        .map(|point| point.value)
        .sum();
    assert_eq!(both, 2.0, "it counts on");
    assert_eq!(receiver.refused(), []);
}

#[test]
fn with_no_gpu_that_answers_counters_stay_for_a_minute_only() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    happens(8, 79);
    node.control.lose(0).unwrap();
    assert!(receiver.tick().is_err());
    receiver.discover().unwrap();
    assert!(receiver.tick().is_err());
    assert_eq!(xid(&receiver, 79), Some(1.0));
    for _ in 0..60 {
        assert!(receiver.tick().is_err());
    }
    assert_eq!(xid(&receiver, 79), None, "a receiver that reads nothing is seen to read nothing");
}

#[test]
fn a_driver_that_refuses_some_events_still_tells_of_xids() {
    REFUSES.set(2);
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    assert_eq!((REGISTERED.get(), SETS.get()), (8, 1), "the set that failed is freed");
    assert_eq!(event(&receiver, "double_bit_ecc_error"), None);
    happens(8, 79);
    tick(&mut receiver);
    assert_eq!(xid(&receiver, 79), Some(1.0));
}

#[test]
fn a_gpu_that_cannot_be_watched_has_no_counters_that_say_0() {
    REFUSES.set(8);
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    assert_eq!(SETS.get(), 0);
    assert_eq!(xid(&receiver, 79), None);
    assert!(receiver.absent(Absence::Unsupported) >= xid::ALARMING.len() as u64);
    let made = MADE.get();
    receiver.discover().unwrap();
    assert_eq!(MADE.get(), made, "asked once");
}

#[test]
fn a_set_that_fails_is_a_failure_once_and_made_anew() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    WAIT_FAILS.set(999);
    let fault = receiver.tick().unwrap_err();
    assert_eq!(fault.kind(), ScriptedKind::Read);
    says(&fault, &["gpu 0", "nvmlEventSetWait_v2", "999"]);
    assert_eq!(xid(&receiver, 79), Some(0.0), "what was counted stays");
    WAIT_FAILS.set(0);
    receiver.tick().unwrap();
    receiver.discover().unwrap();
    happens(8, 79);
    receiver.tick().unwrap();
    assert_eq!((xid(&receiver, 79), SETS.get()), (Some(1.0), 1));
}

#[test]
fn sets_are_freed_with_the_receiver() {
    let node = Node::new(4);
    let receiver = start(&node);
    assert_eq!(SETS.get(), 4, "one for each GPU");
    drop(receiver);
    assert_eq!(SETS.get(), 0);
}

#[test]
fn a_driver_that_wants_a_gpu_back_gets_it() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    tick(&mut receiver);
    UNBINDS.set(true);
    let fault = receiver.tick().unwrap_err();
    assert!(fault.wants_reopen());
    assert_eq!(fault.kind(), ScriptedKind::Connect);
    says(&fault, &["unbound"]);
}

#[test]
fn an_xid_of_a_simulated_gpu_is_counted_within_one_tick() {
    let node = Node::new(8);
    let config = only(&node, |groups| (groups.events, groups.power) = (true, true));
    let mut receiver = Harness::<SimulatedNvml>::open(config).unwrap();
    receiver.tick().unwrap();
    let fallen = |receiver: &Harness<SimulatedNvml>, gpu: &str| {
        receiver.value(XIDS, &[("tracecore.gpu.xid.code", "79"), ("hw.name", gpu)])
    };
    assert_eq!(fallen(&receiver, "gpu 3"), Some(0.0));
    node.control.xid(3, 79, None).unwrap();
    receiver.tick().unwrap();
    assert_eq!((fallen(&receiver, "gpu 3"), fallen(&receiver, "gpu 4")), (Some(1.0), Some(0.0)));
    let address = node.simulation().device_in_slot(2).unwrap().identity().pci;
    node.control.announce_unbind(address);
    let fault = receiver.tick().unwrap_err();
    assert!(fault.wants_reopen(), "{fault}");
}
