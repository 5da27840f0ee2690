// SPDX-License-Identifier: Apache-2.0
//! The model behaves like a GPU: quantities follow each other, within limits,
//! and a seed says everything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tracecore_gpusim::{H100_SXM5 as H100, Model, Reading, STEP};

/// Half an hour of one GPU, step by step.
fn history(seed: u64, slot: u32) -> Vec<Reading> {
    let mut model = Model::new(&H100, seed, slot);
    (0..18_000).map(|step| model.at(STEP * step)).collect()
}

#[test]
fn energy_is_the_integral_of_power() {
    let readings = history(1, 0);
    let mut microjoules = 0;
    for reading in &readings[1..] {
        microjoules += u64::from(reading.power_mw) * 100;
        let counted = reading.energy_mj - readings[0].energy_mj;
        // Both ends are shown in whole millijoules.
        assert!(counted.abs_diff(microjoules / 1000) <= 1, "{counted} mJ, {microjoules} uJ");
    }
    assert!(microjoules > 100_000_000_000, "half an hour takes more than 100 kJ");
}

#[test]
fn readings_stay_within_what_the_board_can_do() {
    for slot in 0..8 {
        for r in history(2, slot) {
            assert!((60_000..=H100.power_limit_mw).contains(&r.power_mw), "{r:?}");
            assert!((24..H100.slowdown_celsius).contains(&r.temperature_gpu), "{r:?}");
            assert!((24..H100.memory_max_celsius).contains(&r.temperature_memory), "{r:?}");
            assert!((H100.sm_clock_idle..=H100.sm_clock_max).contains(&r.clock_sm), "{r:?}");
            assert_eq!((r.clock_sm - H100.sm_clock_idle) % H100.clock_step, 0, "{r:?}");
            assert!((H100.video_clock_idle..=H100.video_clock_max).contains(&r.clock_video), "{r:?}");
            for percent in
                [r.utilization_gpu, r.utilization_memory, r.utilization_encoder, r.utilization_decoder]
            {
                assert!(percent <= 100, "{r:?}");
            }
            assert_eq!(r.memory_used + r.memory_free + H100.memory_reserved, H100.memory_total);
        }
    }
}

#[test]
fn power_heat_and_clocks_follow_load() {
    let (mut busy, mut idle) = (Vec::new(), Vec::new());
    for readings in (0..8).map(|slot| history(3, slot)) {
        // The last of 30 seconds of the same load: heat needs time.
        for window in readings.windows(300) {
            if window.iter().all(|r| r.utilization_gpu >= 60) {
                busy.push(window[299]);
            } else if window.iter().all(|r| r.utilization_gpu == 0) {
                idle.push(window[299]);
            }
        }
    }
    assert!(busy.len() > 100 && idle.len() > 100, "{} busy, {} idle", busy.len(), idle.len());
    let mean = |of: &[Reading], what: fn(&Reading) -> u32| {
        of.iter().map(|r| u64::from(what(r))).sum::<u64>() / of.len() as u64
    };
    assert!(mean(&busy, |r| r.power_mw) > 400_000);
    assert!(mean(&idle, |r| r.power_mw) < 130_000);
    assert!(mean(&busy, |r| r.temperature_gpu) > mean(&idle, |r| r.temperature_gpu) + 20);
    assert!(mean(&busy, |r| r.temperature_memory) > mean(&busy, |r| r.temperature_gpu));
    assert!(mean(&busy, |r| r.clock_sm) > 1700);
    assert!(idle.iter().any(|r| r.clock_sm == H100.sm_clock_idle && r.memory_used < 10 << 20));
    assert!(idle.iter().any(|r| r.clock_sm == H100.sm_clock_max && r.memory_used > 10 << 30));
}

#[test]
fn clocks_give_way_at_the_power_limit_only() {
    let all: Vec<Reading> = (0..8).flat_map(|slot| history(4, slot)).collect();
    let held = |r: &&Reading| r.clock_sm > H100.sm_clock_idle && r.clock_sm < H100.sm_clock_max;
    let held: Vec<&Reading> = all.iter().filter(held).collect();
    assert!(!held.is_empty(), "some work exceeds the limit");
    // The sensor lags by a few steps, so the power shown may still be on its way up.
    let near = held.iter().filter(|r| r.power_mw > H100.power_limit_mw * 95 / 100).count();
    assert!(near * 10 > held.len() * 9, "{near} of {}", held.len());
}

#[test]
fn heat_changes_slowly() {
    for pair in history(5, 1).windows(2) {
        assert!(pair[0].temperature_gpu.abs_diff(pair[1].temperature_gpu) <= 1);
        assert!(pair[0].temperature_memory.abs_diff(pair[1].temperature_memory) <= 1);
    }
}

#[test]
fn energy_never_falls() {
    assert!(history(6, 2).windows(2).all(|pair| pair[0].energy_mj < pair[1].energy_mj));
}

#[test]
fn a_seed_says_everything() {
    assert_eq!(history(7, 3), history(7, 3));
    assert_ne!(history(7, 3), history(8, 3));
    assert_ne!(history(7, 3), history(7, 4));
}

#[test]
fn what_is_shown_does_not_depend_on_when_it_was_read() {
    let every = history(9, 0);
    let mut rarely = Model::new(&H100, 9, 0);
    for (step, expected) in every.iter().enumerate().skip(11).step_by(997) {
        // In the middle of a step, too.
        let now = STEP * u32::try_from(step).unwrap() + Duration::from_millis(60);
        assert_eq!(rarely.at(now), *expected);
    }
}

#[test]
fn time_does_not_run_backwards() {
    let mut model = Model::new(&H100, 10, 0);
    let later = model.at(Duration::from_secs(60));
    assert_eq!(model.at(Duration::from_secs(5)), later);
}

#[test]
fn a_watcher_sees_movement_within_a_minute() {
    for slot in 0..8 {
        let readings = &history(tracecore_gpusim::DEFAULT_SEED, slot)[..600];
        let changed = |what: fn(&Reading) -> u32| {
            let values = readings.iter().map(what);
            values.clone().max() != values.min()
        };
        assert!(changed(|r| r.power_mw) && changed(|r| r.temperature_gpu), "gpu {slot}");
    }
}
