// SPDX-License-Identifier: Apache-2.0
//! The performance counters, against utilisation and links.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::ptr::null_mut;

use common::Node;
use nvml_wrapper_sys::bindings::{
    NvmlLib, nvmlDevice_t, nvmlGpmMetricsGet_t, nvmlGpmSample_t, nvmlGpmSupport_t, nvmlSample_t, nvmlValue_t,
};
use tracecore_gpusim::{MigLayout, Profile, Setup, SimError};

fn sample(library: &NvmlLib) -> nvmlGpmSample_t {
    let mut sample = null_mut();
    assert_eq!(call!(library.nvmlGpmSampleAlloc(&mut sample)), 0);
    sample
}

fn between(library: &NvmlLib, samples: [nvmlGpmSample_t; 2], ids: &[u32]) -> Vec<Result<f64, u32>> {
    // SAFETY: numbers and pointers, for which zeros are valid.
    let mut request: Box<nvmlGpmMetricsGet_t> = Box::new(unsafe { std::mem::zeroed() });
    request.version = 1;
    request.numMetrics = u32::try_from(ids.len()).unwrap();
    [request.sample1, request.sample2] = samples;
    for (metric, id) in request.metrics.iter_mut().zip(ids) {
        metric.metricId = *id;
    }
    assert_eq!(call!(library.nvmlGpmMetricsGet(&mut *request)), 0);
    let values = request.metrics[..ids.len()].iter();
    values.map(|it| if it.nvmlReturn == 0 { Ok(it.value) } else { Err(it.nvmlReturn) }).collect()
}

fn utilization(library: &NvmlLib, gpu: nvmlDevice_t, since: u64) -> Vec<(u64, u32)> {
    let mut buffer = [nvmlSample_t { timeStamp: 0, sampleValue: nvmlValue_t { ullVal: 0 } }; 200];
    let (mut value_type, mut count) = (0, 200);
    let code =
        call!(library.nvmlDeviceGetSamples(gpu, 1, since, &mut value_type, &mut count, buffer.as_mut_ptr()));
    assert_eq!(code, 0);
    // SAFETY: utilisation is an unsigned int.
    buffer[..count as usize].iter().map(|it| (it.timeStamp, unsafe { it.sampleValue.uiVal })).collect()
}

#[test]
fn activity_between_two_samples_is_the_utilisation_of_that_time() {
    let node = Node::new(4);
    let library = node.symbols();
    let (before, after) = (sample(&library), sample(&library));
    for index in 0..4 {
        let gpu = node.handle(&library, index);
        // Each GPU begins behind the end of the one before, as time does not run backwards.
        let begin = 20 + 100 * u64::from(index);
        node.at(begin);
        assert_eq!(call!(library.nvmlGpmSampleGet(gpu, before)), 0);
        let seen = utilization(&library, gpu, 0).last().unwrap().0;
        node.at(begin + 10);
        assert_eq!(call!(library.nvmlGpmSampleGet(gpu, after)), 0);
        let shown = utilization(&library, gpu, seen);
        let mean = f64::from(shown.iter().map(|it| it.1).sum::<u32>()) / shown.len() as f64;
        let values = between(&library, [before, after], &[1, 2, 3, 5, 10, 12]);
        let values: Vec<f64> = values.into_iter().map(|value| value.unwrap()).collect();
        assert!((values[0] - mean).abs() < 1.0, "{} against {mean}", values[0]);
        assert!(values[1] <= values[0] && values[2] <= values[1], "{values:?}");
        assert!(values[3] + values[5] <= values[0] + 1.0, "{values:?}");
        assert!(values.iter().all(|value| (0.0..=100.0).contains(value)), "{values:?}");
    }
    for sample in [before, after] {
        assert_eq!(call!(library.nvmlGpmSampleFree(sample)), 0);
    }
}

#[test]
fn rates_of_links_add_up() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let samples = [sample(&library), sample(&library)];
    assert_eq!(call!(library.nvmlGpmSampleGet(gpu, samples[0])), 0);
    node.at(120);
    assert_eq!(call!(library.nvmlGpmSampleGet(gpu, samples[1])), 0);
    let ids: Vec<u32> = [60, 61].into_iter().chain(62..98).chain([98, 8, 20]).collect();
    let values = between(&library, samples, &ids);
    let sum = |first: usize| values[first..38].iter().step_by(2).map(|it| it.unwrap()).sum::<f64>();
    assert!(values[0].unwrap() > 1.0 && (values[0].unwrap() - sum(2)).abs() < 1e-6);
    assert!((values[1].unwrap() - sum(3)).abs() < 1e-6);
    let not_supported = SimError::NOT_SUPPORTED.code();
    assert_eq!((values[38], values[39]), (Err(not_supported), Err(not_supported)));
    assert!(values[40].unwrap() > 0.0, "PCIe");
}

#[test]
fn without_time_between_them_samples_say_nothing() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let samples = [sample(&library), sample(&library)];
    for one in samples {
        assert_eq!(call!(library.nvmlGpmSampleGet(gpu, one)), 0);
    }
    assert_eq!(between(&library, samples, &[1]), [Err(SimError::NO_DATA.code())]);
}

#[test]
fn an_instance_has_its_part() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().set_mig(0, MigLayout::Mixed).unwrap();
    let (whole, part) = ([sample(&library), sample(&library)], [sample(&library), sample(&library)]);
    for (place, second) in [(0, 20), (1, 60)] {
        node.at(second);
        assert_eq!(call!(library.nvmlGpmSampleGet(gpu, whole[place])), 0);
        assert_eq!(call!(library.nvmlGpmMigSampleGet(gpu, 1, part[place])), 0);
    }
    let (whole, part) = (between(&library, whole, &[1, 61]), between(&library, part, &[1, 61]));
    assert_eq!(part[0], whole[0]);
    assert!((part[1].unwrap() - whole[1].unwrap() * 3.0 / 7.0).abs() < 1e-6);
    let stray = sample(&library);
    let code = call!(library.nvmlGpmMigSampleGet(gpu, 6, stray));
    assert_eq!(code, SimError::INVALID_ARGUMENT.code());
}

#[test]
fn only_hopper_has_it() {
    for (profile, expected) in [(Profile::H100, 1), (Profile::A100Mig, 0), (Profile::L40s, 0)] {
        let node = Node::of(Setup::new(1, 1).profile(profile));
        let library = node.symbols();
        let gpu = node.handle(&library, 0);
        let mut support = nvmlGpmSupport_t { version: 0, isSupportedDevice: 7 };
        let code = call!(library.nvmlGpmQueryDeviceSupport(gpu, &mut support));
        assert_eq!(code, SimError::ARGUMENT_VERSION_MISMATCH.code());
        support.version = 1;
        assert_eq!(call!(library.nvmlGpmQueryDeviceSupport(gpu, &mut support)), 0);
        assert_eq!(support.isSupportedDevice, expected);
        let stray = sample(&library);
        let code = call!(library.nvmlGpmSampleGet(gpu, stray));
        assert_eq!(code == 0, expected == 1);
    }
}
