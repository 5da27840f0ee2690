// SPDX-License-Identifier: Apache-2.0
//! Events of GPUs and of the system.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::ptr::{null_mut, without_provenance_mut};
use std::thread;
use std::time::{Duration, Instant};

use common::Node;
use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlEventData_t, nvmlEventSet_t, nvmlSystemEventData_v1_t, nvmlSystemEventSetCreateRequest_v1_t,
    nvmlSystemEventSetFreeRequest_v1_t, nvmlSystemEventSetWaitRequest_v1_t,
    nvmlSystemRegisterEventRequest_v1_t,
};
use tracecore_gpusim::{EccError, EccLocation, Identity, MigLayout, Profile, Setup, SimError, Target, kind};

const TIMEOUT: u32 = SimError::TIMEOUT.code();
const INVALID_ARGUMENT: u32 = SimError::INVALID_ARGUMENT.code();

fn set(library: &NvmlLib) -> nvmlEventSet_t {
    let mut set = null_mut();
    assert_eq!(call!(library.nvmlEventSetCreate(&mut set)), 0);
    set
}

fn wait(library: &NvmlLib, set: nvmlEventSet_t, timeout_ms: u32) -> Result<nvmlEventData_t, u32> {
    let mut data = nvmlEventData_t {
        device: null_mut(),
        eventType: 0,
        eventData: 0,
        gpuInstanceId: 0,
        computeInstanceId: 0,
    };
    match call!(library.nvmlEventSetWait_v2(set, &mut data, timeout_ms)) {
        0 => Ok(data),
        code => Err(code),
    }
}

#[test]
fn an_xid_comes_with_its_code_gpu_and_instance() {
    let node = Node::new(4);
    let library = node.symbols();
    let (two, three) = (node.handle(&library, 2), node.handle(&library, 3));
    let events = set(&library);
    node.control().xid(2, 13, None).unwrap();
    for gpu in [two, three] {
        assert_eq!(call!(library.nvmlDeviceRegisterEvents(gpu, kind::XID, events)), 0);
    }
    assert_eq!(wait(&library, events, 0).map(|_| ()), Err(TIMEOUT), "what was before is not told");
    node.control().xid(2, 79, None).unwrap();
    node.control().xid(3, 94, Some((5, 0))).unwrap();
    node.control().xid(1, 31, None).unwrap();
    let first = wait(&library, events, 0).unwrap();
    assert_eq!((first.device, first.eventType, first.eventData), (two, kind::XID, 79));
    assert_eq!((first.gpuInstanceId, first.computeInstanceId), (u32::MAX, u32::MAX));
    let second = wait(&library, events, 0).unwrap();
    assert_eq!((second.device, second.eventData, second.gpuInstanceId), (three, 94, 5));
    assert_eq!(wait(&library, events, 0).map(|_| ()), Err(TIMEOUT), "nobody listens to the others");
    assert_eq!(call!(library.nvmlEventSetFree(events)), 0);
    assert_eq!(wait(&library, events, 0).map(|_| ()), Err(INVALID_ARGUMENT));
}

#[test]
fn every_set_hears_everything_once() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let sets = [set(&library), set(&library)];
    for events in sets {
        let kinds = kind::XID | kind::DOUBLE_BIT_ECC | kind::RECOVERY_ACTION | kind::MIG_CONFIG_CHANGE;
        assert_eq!(call!(library.nvmlDeviceRegisterEvents(gpu, kinds, events)), 0);
    }
    node.control().xid(0, 48, None).unwrap();
    node.control().inject_ecc(0, EccError::Corrected, EccLocation::Dram, 3).unwrap();
    node.control().inject_ecc(0, EccError::Uncorrected, EccLocation::Dram, 1).unwrap();
    node.control().set_recovery_action(0, 1).unwrap();
    node.control().set_mig(0, MigLayout::Sevenths).unwrap();
    for events in sets {
        let kinds = std::iter::from_fn(|| wait(&library, events, 0).ok()).map(|event| event.eventType);
        let expected = [kind::XID, kind::DOUBLE_BIT_ECC, kind::RECOVERY_ACTION, kind::MIG_CONFIG_CHANGE];
        assert_eq!(kinds.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_wait_ends_with_an_event_or_in_time() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let events = set(&library);
    assert_eq!(call!(library.nvmlDeviceRegisterEvents(gpu, kind::XID, events)), 0);
    let began = Instant::now();
    assert_eq!(wait(&library, events, 30).map(|_| ()), Err(TIMEOUT));
    assert!(began.elapsed() >= Duration::from_millis(30));
    let control = node.control().clone();
    let later = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        control.xid(0, 79, None).unwrap();
    });
    assert_eq!(wait(&library, events, 10_000).unwrap().eventData, 79);
    later.join().unwrap();
}

#[test]
fn a_lost_gpu_ends_the_wait_after_its_last_words() {
    let node = Node::new(2);
    let library = node.symbols();
    let events = set(&library);
    for index in 0..2 {
        let gpu = node.handle(&library, index);
        assert_eq!(call!(library.nvmlDeviceRegisterEvents(gpu, kind::XID, events)), 0);
    }
    node.control().xid(1, 79, None).unwrap();
    node.control().lose(1).unwrap();
    assert_eq!(wait(&library, events, 0).unwrap().eventData, 79);
    assert_eq!(wait(&library, events, 0).map(|_| ()), Err(SimError::GPU_IS_LOST.code()));
    node.control().clear(Target::gpu(1)).unwrap();
    assert_eq!(wait(&library, events, 0).map(|_| ()), Err(TIMEOUT));
}

#[test]
fn what_a_driver_does_not_tell_cannot_be_asked_for() {
    for (profile, later) in [(Profile::H100, true), (Profile::Old, false)] {
        let node = Node::of(Setup::new(1, 1).profile(profile));
        let library = node.symbols();
        let gpu = node.handle(&library, 0);
        let mut kinds = 0;
        assert_eq!(call!(library.nvmlDeviceGetSupportedEventTypes(gpu, &mut kinds)), 0);
        assert_eq!((kinds & kind::XID != 0, kinds & kind::RECOVERY_ACTION != 0), (true, later));
        let events = set(&library);
        let code = call!(library.nvmlDeviceRegisterEvents(gpu, kinds, events));
        assert_eq!(code, 0);
        let code = call!(library.nvmlDeviceRegisterEvents(gpu, 1 << 40, events));
        assert_eq!(code, SimError::NOT_SUPPORTED.code());
    }
}

#[test]
fn what_is_no_set_is_refused() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    assert_eq!(call!(library.nvmlEventSetCreate(null_mut())), INVALID_ARGUMENT);
    for address in [0, 1, 0x5152_0000, 0x5152_0001, usize::MAX] {
        let stray = without_provenance_mut(address);
        assert_eq!(call!(library.nvmlEventSetFree(stray)), INVALID_ARGUMENT);
        assert_eq!(call!(library.nvmlDeviceRegisterEvents(gpu, kind::XID, stray)), INVALID_ARGUMENT);
    }
}

fn version<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap() | 1 << 24
}

#[test]
fn an_unbind_of_the_driver_is_told_before_it_happens() {
    let node = Node::new(2);
    let library = node.symbols();
    let mut made = nvmlSystemEventSetCreateRequest_v1_t { version: 7, set: null_mut() };
    let mismatch = SimError::ARGUMENT_VERSION_MISMATCH.code();
    assert_eq!(call!(library.nvmlSystemEventSetCreate(&mut made)), mismatch);
    made.version = version::<nvmlSystemEventSetCreateRequest_v1_t>();
    assert_eq!(call!(library.nvmlSystemEventSetCreate(&mut made)), 0);
    let mut register = nvmlSystemRegisterEventRequest_v1_t {
        version: version::<nvmlSystemRegisterEventRequest_v1_t>(),
        eventTypes: kind::DRIVER_UNBIND | kind::DRIVER_BIND,
        set: made.set,
    };
    assert_eq!(call!(library.nvmlSystemRegisterEvents(&mut register)), 0);
    let mut data = [nvmlSystemEventData_v1_t { eventType: 0, gpuId: 0 }; 4];
    let mut request = nvmlSystemEventSetWaitRequest_v1_t {
        version: version::<nvmlSystemEventSetWaitRequest_v1_t>(),
        timeoutms: 0,
        set: made.set,
        data: data.as_mut_ptr(),
        dataSize: 4,
        numEvent: 9,
    };
    assert_eq!(call!(library.nvmlSystemEventSetWait(&mut request)), TIMEOUT);
    node.control().announce_unbind(Identity::address(1));
    node.control().announce_bind(Identity::address(1));
    assert_eq!(call!(library.nvmlSystemEventSetWait(&mut request)), 0);
    assert_eq!(request.numEvent, 2);
    assert_eq!((data[0].eventType, data[0].gpuId), (kind::DRIVER_UNBIND, 0x3B00));
    assert_eq!(data[1].eventType, kind::DRIVER_BIND);
    let mut free = nvmlSystemEventSetFreeRequest_v1_t {
        version: version::<nvmlSystemEventSetFreeRequest_v1_t>(),
        set: made.set,
    };
    assert_eq!(call!(library.nvmlSystemEventSetFree(&mut free)), 0);
    assert_eq!(call!(library.nvmlSystemEventSetFree(&mut free)), INVALID_ARGUMENT);
}
