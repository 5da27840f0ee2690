// SPDX-License-Identifier: Apache-2.0
//! GPM: how busy the parts of a chip are, between two readings.
#![allow(unsafe_code, reason = "a library is C")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr;
use std::time::Duration;

use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlDevice_t, nvmlGpmMetricsGet_t, nvmlGpmSample_t, nvmlGpmSupport_t, nvmlReturn_t,
};
use tracecore_gpusim::{Function, MigLayout};
use tracecore_runtime::Absence;
use tracecore_runtime::testing::Harness;

use super::super::SimulatedNvml;
use super::scripted::{Scripted, ScriptedKind, only, open};
use super::{Node, says};

/// What is asked for.
const METRICS: u64 = 16;
/// The library's number for the bytes of all NVLinks.
const NVLINK: [u32; 2] = [60, 61];

thread_local! {
    /// Samples that were made and not freed, and how many `SampleGet`s each has seen.
    static SAMPLES: RefCell<BTreeMap<usize, u32>> = const { RefCell::new(BTreeMap::new()) };
    static MADE: Cell<usize> = const { Cell::new(0) };
    static TAKEN: Cell<u32> = const { Cell::new(0) };
    static COMPARED: Cell<u32> = const { Cell::new(0) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
    static LACKS_NVLINK: Cell<bool> = const { Cell::new(false) };
    static FAILS: Cell<u32> = const { Cell::new(0) };
}

unsafe extern "C" fn supported(_: nvmlDevice_t, support: *mut nvmlGpmSupport_t) -> nvmlReturn_t {
    // SAFETY: the caller's structure.
    unsafe { (*support).isSupportedDevice = 1 };
    0
}

unsafe extern "C" fn unsupported(_: nvmlDevice_t, support: *mut nvmlGpmSupport_t) -> nvmlReturn_t {
    // SAFETY: the caller's structure.
    unsafe { (*support).isSupportedDevice = 0 };
    0
}

unsafe extern "C" fn alloc(sample: *mut nvmlGpmSample_t) -> nvmlReturn_t {
    MADE.set(MADE.get() + 1);
    SAMPLES.with_borrow_mut(|samples| samples.insert(MADE.get(), 0));
    // SAFETY: the caller's pointer.
    unsafe { *sample = ptr::without_provenance_mut(MADE.get()) };
    0
}

unsafe extern "C" fn free(sample: nvmlGpmSample_t) -> nvmlReturn_t {
    let known = SAMPLES.with_borrow_mut(|samples| samples.remove(&sample.addr()));
    assert!(known.is_some(), "freed twice, or never made");
    0
}

unsafe extern "C" fn take(_: nvmlDevice_t, sample: nvmlGpmSample_t) -> nvmlReturn_t {
    if FAILS.get() != 0 {
        return FAILS.get();
    }
    TAKEN.set(TAKEN.get() + 1);
    SAMPLES.with_borrow_mut(|samples| *samples.get_mut(&sample.addr()).unwrap() = TAKEN.get());
    0
}

unsafe extern "C" fn compare(request: *mut nvmlGpmMetricsGet_t) -> nvmlReturn_t {
    // SAFETY: the caller's structure.
    let request = unsafe { &mut *request };
    assert_eq!(request.version, 1);
    let order = SAMPLES
        .with_borrow(|samples| [request.sample1, request.sample2].map(|sample| samples[&sample.addr()]));
    assert!(0 < order[0] && order[0] < order[1], "the sample of this tick after the one of the last");
    COMPARED.set(COMPARED.get() + 1);
    ASKED.set(request.numMetrics);
    for metric in &mut request.metrics[..request.numMetrics as usize] {
        metric.nvmlReturn = if LACKS_NVLINK.get() && NVLINK.contains(&metric.metricId) { 3 } else { 0 };
        // Each value tells which metric it is.
        metric.value = f64::from(metric.metricId);
    }
    0
}

fn start(node: &Node) -> Harness<Scripted> {
    open(only(node, |groups| groups.gpm = true), |library| {
        library.nvmlGpmQueryDeviceSupport = Ok(supported);
        library.nvmlGpmSampleAlloc = Ok(alloc);
        library.nvmlGpmSampleFree = Ok(free);
        library.nvmlGpmSampleGet = Ok(take);
        library.nvmlGpmMetricsGet = Ok(compare);
    })
}

#[test]
fn each_tick_tells_what_happened_since_the_last() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    assert_eq!(receiver.value("tracecore.gpu.sm.activity", &[]), None, "nothing to compare with yet");
    let (taken, compared) = (TAKEN.get(), COMPARED.get());
    receiver.tick().unwrap();
    assert_eq!((TAKEN.get() - taken, COMPARED.get() - compared), (1, 1), "one call of each kind");
    let value = |name: &str, attributes: &[(&str, &str)]| receiver.value(name, attributes).expect(name);
    assert_eq!(value("tracecore.gpu.graphics.activity", &[]), 0.01);
    assert_eq!(value("tracecore.gpu.sm.activity", &[]), 0.02);
    assert_eq!(value("tracecore.gpu.sm.occupancy", &[]), 0.03);
    assert_eq!(value("tracecore.gpu.dram.activity", &[]), 0.1);
    for (pipe, id) in [
        ("integer", 4.0),
        ("tensor", 5.0),
        ("tensor_dfma", 6.0),
        ("tensor_hmma", 7.0),
        ("tensor_imma", 9.0),
        ("fp64", 11.0),
        ("fp32", 12.0),
        ("fp16", 13.0),
    ] {
        assert_eq!(
            value("tracecore.gpu.pipe.activity", &[("tracecore.gpu.pipe", pipe)]),
            id / 100.0,
            "{pipe}"
        );
    }
    for (name, direction, id) in [
        ("tracecore.gpu.pcie.throughput", "transmit", 20.0),
        ("tracecore.gpu.pcie.throughput", "receive", 21.0),
        ("tracecore.gpu.nvlink.throughput", "receive", 60.0),
        ("tracecore.gpu.nvlink.throughput", "transmit", 61.0),
    ] {
        assert_eq!(value(name, &[("network.io.direction", direction)]), id * 1_048_576.0, "{name}");
    }
}

#[test]
fn what_a_chip_lacks_is_asked_once_and_has_no_series() {
    LACKS_NVLINK.set(true);
    let node = Node::new(1);
    let mut receiver = start(&node);
    for _ in 0..3 {
        receiver.tick().unwrap();
        assert_eq!(receiver.absent(Absence::Unsupported), 2);
    }
    assert_eq!(u64::from(ASKED.get()), METRICS - 2);
    assert!(receiver.value("tracecore.gpu.dram.activity", &[]).is_some());
    assert!(receiver.points().iter().all(|point| point.name() != "tracecore.gpu.nvlink.throughput"));
}

#[test]
fn two_samples_for_each_gpu_are_made_once_and_freed() {
    let node = Node::new(3);
    let mut receiver = start(&node);
    for _ in 0..20 {
        receiver.tick().unwrap();
        receiver.discover().unwrap();
    }
    assert_eq!((MADE.get(), SAMPLES.with_borrow(BTreeMap::len)), (6, 6));
    drop(receiver);
    assert_eq!(SAMPLES.with_borrow(BTreeMap::len), 0);
}

#[test]
fn a_driver_that_cannot_free_a_sample_keeps_it() {
    let node = Node::new(1);
    let receiver = open(only(&node, |groups| groups.gpm = true), |library| {
        library.nvmlGpmQueryDeviceSupport = Ok(supported);
        library.nvmlGpmSampleAlloc = Ok(alloc);
        library.nvmlGpmSampleGet = Ok(take);
        library.nvmlGpmMetricsGet = Ok(compare);
        // What a table has for a function that the driver lacks.
        // SAFETY: the C library is loaded already; nothing of it runs.
        library.nvmlGpmSampleFree = unsafe { NvmlLib::new("libc.so.6") }.unwrap().nvmlGpmSampleFree;
    });
    drop(receiver);
    assert_eq!(SAMPLES.with_borrow(BTreeMap::len), 2);
}

#[test]
fn a_chip_without_it_is_asked_once() {
    let node = Node::new(1);
    let mut receiver = open(only(&node, |groups| groups.gpm = true), |library| {
        library.nvmlGpmQueryDeviceSupport = Ok(unsupported);
    });
    receiver.tick().unwrap();
    assert_eq!(receiver.absent(Absence::Unsupported), METRICS);
    assert_eq!(MADE.get(), 0);
}

#[test]
fn a_sample_that_fails_is_a_failure_and_the_next_pair_begins_anew() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    receiver.tick().unwrap();
    FAILS.set(999);
    let fault = receiver.tick().unwrap_err();
    assert_eq!(fault.kind(), ScriptedKind::Read);
    says(&fault, &["gpu 0", "nvmlGpmSampleGet", "999"]);
    assert_eq!(receiver.value("tracecore.gpu.sm.activity", &[]), None);
    FAILS.set(0);
    receiver.tick().unwrap();
    assert_eq!(receiver.value("tracecore.gpu.sm.activity", &[]), None);
    receiver.tick().unwrap();
    assert_eq!(receiver.value("tracecore.gpu.sm.activity", &[]), Some(0.02));
}

#[test]
fn a_simulated_gpu_shows_what_its_model_counted() {
    let node = Node::new(2);
    let mut receiver = Harness::<SimulatedNvml>::open(only(&node, |groups| groups.gpm = true)).unwrap();
    let model = node.simulation();
    let sample = || {
        let gpu = model.device_in_slot(1).unwrap();
        gpu.call(Function::GpmSampleGet, |view| view.gpm_sample(None)).unwrap()
    };
    receiver.tick().unwrap();
    let before = sample();
    node.control.set_time(Some(Duration::from_secs(47)));
    receiver.tick().unwrap();
    let now = sample();
    let mut busy = 0;
    for (name, own, id) in [
        ("tracecore.gpu.graphics.activity", None, 1),
        ("tracecore.gpu.sm.activity", None, 2),
        ("tracecore.gpu.sm.occupancy", None, 3),
        ("tracecore.gpu.pipe.activity", Some("tensor"), 5),
        ("tracecore.gpu.pipe.activity", Some("fp32"), 12),
        ("tracecore.gpu.dram.activity", None, 10),
    ] {
        let mut attributes = vec![("hw.name", "gpu 1")];
        attributes.extend(own.map(|pipe| ("tracecore.gpu.pipe", pipe)));
        let shown = receiver.value(name, &attributes).unwrap();
        let counted = now.since(&before, id).unwrap() / 100.0;
        assert!((shown - counted).abs() < 1e-12, "{name}: {shown} {counted}");
        busy += u32::from(shown > 0.0);
    }
    assert!(busy >= 4, "a moment at which the GPU works");
    let sent = [("hw.name", "gpu 1"), ("network.io.direction", "transmit")];
    let counted = now.since(&before, 61).unwrap() * 1_048_576.0;
    assert_eq!(receiver.value("tracecore.gpu.nvlink.throughput", &sent), Some(counted));
}

#[test]
fn instances_are_as_busy_as_their_model_says() {
    let node = Node::new(1);
    node.control.set_mig(0, MigLayout::Mixed).unwrap();
    let config = only(&node, |groups| (groups.gpm, groups.mig) = (true, true));
    let mut receiver = Harness::<SimulatedNvml>::open(config).unwrap();
    let model = node.simulation();
    let sample = |instance| {
        let gpu = model.device_in_slot(0).unwrap();
        gpu.call(Function::GpmMigSampleGet, |view| view.gpm_sample(Some(instance))).unwrap()
    };
    receiver.tick().unwrap();
    let before = sample(5);
    node.control.set_time(Some(Duration::from_secs(47)));
    receiver.tick().unwrap();
    let now = sample(5);
    let instance = [("tracecore.gpu.mig.gpu_instance.id", "5")];
    let shown = receiver.value("tracecore.gpu.sm.activity", &instance).unwrap();
    assert!((shown - now.since(&before, 2).unwrap() / 100.0).abs() < 1e-12);
    let all = receiver.points().iter().filter(|point| point.name() == "tracecore.gpu.sm.activity").count();
    assert_eq!(all, 5, "the GPU and four instances");
    // An instance goes: no failure of the GPU.
    node.control.set_mig(0, MigLayout::Off).unwrap();
    receiver.tick().unwrap();
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    receiver.tick().unwrap();
    assert_eq!(receiver.value("tracecore.gpu.sm.activity", &instance), None);
}
