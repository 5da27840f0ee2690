// SPDX-License-Identifier: Apache-2.0
//! Peaks: what the driver sampled between two readings.
#![allow(unsafe_code, reason = "a library is C")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers of the test's own")]

use std::cell::RefCell;
use std::ffi::c_uint;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlReturn_t, nvmlSample_t, nvmlSamplingType_t, nvmlValue_t, nvmlValueType_t,
};
use std::time::Duration;

use tracecore_runtime::Absence;
use tracecore_runtime::testing::Harness;
use tracecore_schema::Config as _;

use super::super::SimulatedNvml;
use super::Node;
use super::scripted::{Scripted, only, open};

/// How many samples a ring holds.
const ROOM: usize = 20;
/// Ten samples a second, as of power.
const APART: u64 = 100_000;

thread_local! {
    /// The ring of power samples: times in microseconds, and milliwatts.
    static RING: RefCell<Vec<(u64, u32)>> = const { RefCell::new(Vec::new()) };
}

/// Hands out what is newer, as the driver does; of power only.
unsafe extern "C" fn samples(
    _: nvmlDevice_t,
    kind: nvmlSamplingType_t,
    after: u64,
    value_type: *mut nvmlValueType_t,
    count: *mut c_uint,
    out: *mut nvmlSample_t,
) -> nvmlReturn_t {
    if kind != 0 {
        return 3;
    }
    RING.with_borrow(|ring| {
        let new: Vec<_> = ring.iter().filter(|(time, _)| *time > after).collect();
        // SAFETY: the pointers are what the header says.
        unsafe {
            if out.is_null() {
                *count = ROOM as u32;
                return 0;
            }
            if new.is_empty() {
                return 6;
            }
            let fit = new.len().min(*count as usize);
            for (at, (time, value)) in new.iter().take(fit).enumerate() {
                *out.add(at) = nvmlSample_t { timeStamp: *time, sampleValue: nvmlValue_t { uiVal: *value } };
            }
            (*count, *value_type) = (fit as u32, 1);
        }
        0
    })
}

/// The GPU went on for as many samples, with these milliwatts.
fn sampled(milliwatts: impl IntoIterator<Item = u32>) {
    RING.with_borrow_mut(|ring| {
        for milliwatts in milliwatts {
            let time = ring.last().map_or(1_000_000, |(time, _)| time + APART);
            ring.push((time, milliwatts));
            if ring.len() > ROOM {
                ring.remove(0);
            }
        }
    });
}

fn start(node: &Node) -> Harness<Scripted> {
    RING.take();
    sampled([900_000; 5]);
    open(only(node, |groups| groups.peaks = true), |library| library.nvmlDeviceGetSamples = Ok(samples))
}

fn power(receiver: &Harness<Scripted>, statistic: &str) -> f64 {
    let attributes = [("tracecore.gpu.statistic", statistic)];
    receiver.value("tracecore.gpu.power.peak", &attributes).expect("a peak of power")
}

fn gaps(receiver: &Harness<Scripted>) -> f64 {
    receiver.value("tracecore.gpu.samples.gaps", &[]).expect("the count of gaps")
}

#[test]
fn a_spike_of_100_ms_shows_for_the_whole_window_and_then_no_longer() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    let now = power(&receiver, "max");
    assert!(now < 800.0, "what was in the ring before may be from any time: {now}");
    // A tick each second, ten samples in between; the spike is in none of the readings.
    sampled([300_000, 300_000, 300_000, 712_500, 300_000, 300_000, 300_000, 300_000, 300_000, 290_000]);
    receiver.tick().unwrap();
    assert_eq!(power(&receiver, "max"), 712.5);
    assert_eq!(power(&receiver, "min"), 290.0_f64.min(now));
    // 30 s and a scrape of 15 s: whenever it comes, it sees it.
    for second in 1..=30 {
        sampled([300_000; 10]);
        receiver.tick().unwrap();
        assert_eq!(power(&receiver, "max"), 712.5, "{second} s later");
    }
    for _ in 0..4 {
        sampled([300_000; 10]);
        receiver.tick().unwrap();
    }
    assert_eq!((power(&receiver, "max"), power(&receiver, "min")), (300.0, 300.0));
    assert_eq!(power(&receiver, "mean"), 300.0);
    assert_eq!(gaps(&receiver), 0.0);
}

#[test]
fn an_idle_gpu_shows_what_it_is_at_though_its_driver_samples_nothing() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    RING.take();
    for _ in 0..40 {
        receiver.tick().unwrap();
    }
    let expected = f64::from(node.simulation().device_by_index(0).unwrap().power_usage().unwrap()) / 1e3;
    assert_eq!(power(&receiver, "max"), expected);
    assert_eq!(power(&receiver, "mean"), expected);
}

#[test]
fn a_ring_that_is_overrun_is_counted() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    sampled([300_000; ROOM]);
    receiver.tick().unwrap();
    assert_eq!(gaps(&receiver), 0.0, "just in time");
    // Nobody read for five seconds: three of them are gone.
    sampled([300_000; 50]);
    receiver.tick().unwrap();
    assert_eq!(gaps(&receiver), 1.0);
}

#[test]
fn a_clock_of_the_driver_that_is_set_back_is_counted_and_followed_again() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    for _ in 0..10 {
        sampled([300_000; 10]);
        receiver.tick().unwrap();
    }
    RING.with_borrow_mut(|ring| {
        ring.iter_mut().for_each(|(time, _)| *time -= 900_000);
    });
    // Nothing is ever newer than what was seen: it is noticed all the same.
    for _ in 0..12 {
        receiver.tick().unwrap();
    }
    assert_eq!(gaps(&receiver), 1.0);
    sampled([300_000, 650_000, 300_000]);
    receiver.tick().unwrap();
    assert_eq!(power(&receiver, "max"), 650.0);
    assert_eq!(gaps(&receiver), 1.0);
}

#[test]
fn kinds_that_a_gpu_lacks_have_no_series() {
    let node = Node::new(1);
    let mut receiver = start(&node);
    receiver.tick().unwrap();
    // Six kinds of three, without power.
    assert_eq!(receiver.absent(Absence::Unsupported), 18);
    assert!(receiver.points().iter().all(|point| point.name() != "tracecore.gpu.utilization.peak"));
}

#[test]
fn a_window_holds_two_readings_at_least() {
    let node = Node::new(1);
    let mut config = only(&node, |groups| groups.peaks = true);
    config.collection_interval = std::time::Duration::from_secs(16);
    let problems = format!("{:?}", config.check());
    assert!(problems.contains("peak_window") && problems.contains("32s"), "{problems}");
    config.collection_interval = std::time::Duration::from_secs(15);
    assert_eq!(config.check(), []);
}

#[test]
fn a_spike_of_a_simulated_gpu_shows_though_no_reading_meets_it() {
    let node = Node::new(2);
    let mut receiver =
        Harness::<SimulatedNvml>::open(only(&node, |groups| (groups.peaks, groups.power) = (true, true)))
            .unwrap();
    receiver.tick().unwrap();
    node.control.spike(1, Duration::from_millis(41_400), Duration::from_millis(100), 900_000).unwrap();
    let peak = |receiver: &Harness<SimulatedNvml>, gpu: &str, statistic: &str| {
        let attributes = [("hw.name", gpu), ("tracecore.gpu.statistic", statistic)];
        receiver.value("tracecore.gpu.power.peak", &attributes).unwrap()
    };
    let mut highest_reading = 0.0_f64;
    for second in 41..=75 {
        node.control.set_time(Some(Duration::from_secs(second)));
        receiver.tick().unwrap();
        for gpu in ["gpu 0", "gpu 1"] {
            let [min, mean, max] = ["min", "mean", "max"].map(|statistic| peak(&receiver, gpu, statistic));
            assert!(min <= mean && mean <= max, "{second}: {min} {mean} {max}");
        }
        highest_reading = highest_reading.max(receiver.value("hw.power", &[("hw.name", "gpu 1")]).unwrap());
        let max = peak(&receiver, "gpu 1", "max");
        match second {
            41 => assert!(max < 800.0, "not yet: {max}"),
            42..=72 => assert!(max >= 900.0, "{second}: {max}"),
            _ => {}
        }
    }
    assert!(highest_reading < 800.0, "no reading met it: {highest_reading}");
    for second in 76..=78 {
        node.control.set_time(Some(Duration::from_secs(second)));
        receiver.tick().unwrap();
    }
    assert!(peak(&receiver, "gpu 1", "max") < 800.0, "gone with the window");
    assert_eq!(receiver.value("tracecore.gpu.samples.gaps", &[("hw.name", "gpu 1")]), Some(0.0));
}
