// SPDX-License-Identifier: Apache-2.0
//! The driver's own samples, and spikes in them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use std::ptr::null_mut;
use std::time::Duration;

use common::Node;
use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t, nvmlSample_t, nvmlValue_t};
use tracecore_gpusim::{Profile, Setup, SimError};

/// Time and value of what is newer than a time.
fn samples(library: &NvmlLib, gpu: nvmlDevice_t, kind: u32, since: u64) -> Result<Vec<(u64, u32)>, u32> {
    let mut buffer = [nvmlSample_t { timeStamp: 0, sampleValue: nvmlValue_t { ullVal: 0 } }; 200];
    let (mut value_type, mut count) = (9, 200);
    let code = call!(library.nvmlDeviceGetSamples(
        gpu,
        kind,
        since,
        &mut value_type,
        &mut count,
        buffer.as_mut_ptr()
    ));
    assert!(code != 0 || value_type == 1, "unsigned int");
    // SAFETY: the value's type says which member.
    let read = |sample: &nvmlSample_t| (sample.timeStamp, unsafe { sample.sampleValue.uiVal });
    if code == 0 { Ok(buffer[..count as usize].iter().map(read).collect()) } else { Err(code) }
}

#[test]
fn the_ring_has_a_hundred_and_twenty() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    for (kind, distance) in
        [(0, 20_000), (1, 100_000), (2, 100_000), (5, 100_000), (6, 100_000), (8, 100_000)]
    {
        let (mut value_type, mut count) = (0, 0);
        let code = call!(library.nvmlDeviceGetSamples(gpu, kind, 0, &mut value_type, &mut count, null_mut()));
        assert_eq!((code, count), (0, 120), "kind {kind}");
        let all = samples(&library, gpu, kind, 0).unwrap();
        assert_eq!(all.len(), 120);
        assert!(all.windows(2).all(|pair| pair[1].0 - pair[0].0 == distance), "kind {kind}");
    }
    assert_eq!(samples(&library, gpu, 7, 0), Err(SimError::NOT_SUPPORTED.code()));
    assert_eq!(samples(&library, gpu, 10, 0), Err(SimError::INVALID_ARGUMENT.code()));
    assert_eq!(samples(&library, gpu, 3, 0), Err(SimError::NOT_SUPPORTED.code()), "no encoder");
}

#[test]
fn who_comes_again_gets_what_is_new() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let first = samples(&library, gpu, 0, 0).unwrap();
    let seen = first.last().unwrap().0;
    assert_eq!(samples(&library, gpu, 0, seen), Err(SimError::NOT_FOUND.code()));
    node.at(21);
    let second = samples(&library, gpu, 0, seen).unwrap();
    assert_eq!((second.len(), second[0].0 - seen), (50, 20_000), "a second of them, none missing");
    // A small buffer takes the oldest, so that the rest can be asked for.
    let mut buffer = [nvmlSample_t { timeStamp: 0, sampleValue: nvmlValue_t { ullVal: 0 } }; 10];
    let (mut value_type, mut count) = (0, 10);
    assert_eq!(
        call!(library.nvmlDeviceGetSamples(gpu, 0, seen, &mut value_type, &mut count, buffer.as_mut_ptr())),
        0
    );
    assert_eq!((count, buffer[9].timeStamp), (10, second[9].0));
}

#[test]
fn samples_agree_with_the_readings() {
    let node = Node::new(4);
    let library = node.symbols();
    for index in 0..4 {
        let gpu = node.handle(&library, index);
        for second in (30..300).step_by(30) {
            node.at(second);
            let mut shown = 0;
            assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut shown)), 0);
            // The plain reading is an average over about a second.
            let last = &samples(&library, gpu, 0, 0).unwrap()[70..];
            let (low, high) =
                (last.iter().map(|it| it.1).min().unwrap(), last.iter().map(|it| it.1).max().unwrap());
            assert!((low * 97 / 100..=high * 103 / 100).contains(&shown), "{low} {shown} {high}");
            let mut mhz = 0;
            assert_eq!(call!(library.nvmlDeviceGetClockInfo(gpu, 1, &mut mhz)), 0);
            assert_eq!(samples(&library, gpu, 5, 0).unwrap().last().unwrap().1, mhz);
        }
    }
}

#[test]
fn a_short_spike_shows_in_the_samples_and_hardly_in_the_reading() {
    let node = Node::new(2);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let mut shown = [0; 3];
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut shown[0])), 0);
    node.control().spike(0, Duration::from_millis(20_500), Duration::from_millis(100), 950_000).unwrap();
    node.at(21);
    let spiked = samples(&library, gpu, 0, 0).unwrap();
    assert_eq!(spiked.iter().filter(|sample| sample.1 == 950_000).count(), 5);
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut shown[1])), 0);
    assert!(shown[1] < 800_000, "{shown:?}");
    let other = node.handle(&library, 1);
    assert!(samples(&library, other, 0, 0).unwrap().iter().all(|sample| sample.1 < 800_000));
    // A long one shows in the reading too, and in the energy.
    let mut energy = [0; 2];
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut energy[0])), 0);
    node.control().spike(0, Duration::from_secs(22), Duration::from_secs(4), 950_000).unwrap();
    node.at(26);
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut shown[2])), 0);
    assert!(shown[2] > 940_000, "{shown:?}");
    assert_eq!(call!(library.nvmlDeviceGetTotalEnergyConsumption(gpu, &mut energy[1])), 0);
    assert!(energy[1] - energy[0] > 3 * 940_000);
}

#[test]
fn an_old_driver_samples_less() {
    let node = Node::of(Setup::new(1, 1).profile(Profile::Old));
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    assert_eq!(samples(&library, gpu, 0, 0).unwrap().len(), 120);
    assert_eq!(samples(&library, gpu, 8, 0), Err(SimError::NOT_SUPPORTED.code()));
}
