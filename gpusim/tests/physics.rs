// SPDX-License-Identifier: Apache-2.0
//! What acts on a GPU from outside shows everywhere it should, on every kind of board.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tracecore_gpusim::{
    Activity, Control, Device, Function, Model, Profile, Reading, STEP, SampleKind, Setup, Simulation, reason,
};

fn node(setup: Setup) -> (Simulation, Control) {
    let control = Control::in_memory_as(setup).unwrap();
    let simulation = Simulation::scripted(control.clone());
    simulation.init().unwrap();
    (simulation, control)
}

/// Ten minutes of one GPU, step by step.
fn history(device: &Device, control: &Control, from: u64) -> Vec<Reading> {
    let read = |step| {
        control.set_time(Some(Duration::from_secs(from) + STEP * step));
        device.reading()
    };
    (0..6_000).map(read).collect()
}

#[test]
fn every_board_keeps_its_limits() {
    for profile in Profile::ALL {
        let spec = profile.spec();
        for slot in 0..4 {
            let mut model = Model::new(spec, 11, slot);
            let mut busiest = 0;
            for step in 0..12_000 {
                let r = model.at(STEP * step);
                assert!(r.power_mw <= spec.power_limit_mw, "{profile}: {r:?}");
                assert!(r.temperature_gpu < spec.slowdown_celsius, "{profile}: {r:?}");
                assert!((spec.sm_clock_idle..=spec.sm_clock_max).contains(&r.clock_sm), "{profile}: {r:?}");
                assert_eq!(r.memory_used + r.memory_free + spec.memory_reserved, spec.memory_total);
                assert!(spec.engines.encoders > 0 || r.utilization_encoder == 0, "{profile}: {r:?}");
                busiest = busiest.max(r.power_mw);
            }
            assert!(busiest > spec.power_limit_mw / 2, "{profile} draws {busiest} mW at most");
        }
    }
}

#[test]
fn reasons_are_those_that_hold() {
    let (simulation, control) = node(Setup::new(4, 5));
    for slot in 0..4 {
        let device = simulation.device_in_slot(slot).unwrap();
        for r in history(&device, &control, 600 * u64::from(slot)) {
            let (idle, capped) =
                (r.clock_reasons & reason::GPU_IDLE != 0, r.clock_reasons & reason::SW_POWER_CAP != 0);
            assert!(!idle || !r.open && r.clock_sm == device.spec().sm_clock_idle, "{r:?}");
            assert!(!capped || r.clock_sm < device.spec().sm_clock_max, "{r:?}");
            assert_eq!(r.clock_reasons & !(reason::GPU_IDLE | reason::SW_POWER_CAP), 0, "no heat, no brake");
        }
    }
}

#[test]
fn times_of_held_clocks_are_the_sum_of_the_steps() {
    let (simulation, control) = node(Setup::new(1, 6));
    let device = simulation.device_by_index(0).unwrap();
    control.set_power_limit(0, Some(350_000)).unwrap();
    control.heat(0, 55).unwrap();
    let counted = || {
        device.call(Function::GetViolationStatus, |view| {
            Ok([reason::SW_POWER_CAP, reason::SW_THERMAL, reason::HW_THERMAL].map(|it| view.held_ns(it)))
        })
    };
    let before = counted().unwrap();
    let readings = history(&device, &control, 0);
    let after = counted().unwrap();
    for (place, reason) in [reason::SW_POWER_CAP, reason::SW_THERMAL, reason::HW_THERMAL].iter().enumerate() {
        let steps = readings[1..].iter().filter(|r| r.clock_reasons & reason != 0).count();
        assert_eq!(after[place] - before[place], steps as u64 * 100_000_000, "{reason:#x}");
    }
    assert!(after[0] > before[0] && after[1] > before[1]);
}

#[test]
fn energy_is_the_integral_of_power_through_spikes_too() {
    let (simulation, control) = node(Setup::new(1, 7));
    let device = simulation.device_by_index(0).unwrap();
    for second in [100, 200, 300] {
        control.spike(0, Duration::from_secs(second), Duration::from_millis(700), 1_100_000).unwrap();
    }
    let readings = history(&device, &control, 0);
    let millijoules: u64 = readings[1..].iter().map(|r| u64::from(r.power_mw)).sum::<u64>() / 10;
    let counted = readings[5_999].energy_mj - readings[0].energy_mj;
    assert!(counted.abs_diff(millijoules) <= 1, "{counted} mJ counted, {millijoules} mJ drawn");
    assert!(readings.iter().any(|r| r.power_mw > 800_000), "it is long enough to show");
}

#[test]
fn samples_are_what_the_readings_average() {
    let (simulation, control) = node(Setup::new(1, 8));
    let device = simulation.device_by_index(0).unwrap();
    for second in (10..600).step_by(13) {
        control.set_time(Some(Duration::from_secs(second)));
        let values = |kind| -> Vec<u32> {
            device
                .call(Function::GetSamples, |view| Ok(view.samples(kind, 0)?.map(|it| it.1).collect()))
                .unwrap()
        };
        let reading = device.reading();
        assert_eq!(values(SampleKind::Power).last(), Some(&reading.power_instant_mw));
        assert_eq!(values(SampleKind::ClockSm).last(), Some(&reading.clock_sm));
        // The reading is a sliding average of the samples, a quarter of the way each time.
        let averaged =
            values(SampleKind::Gpu).into_iter().fold(f64::from(reading.utilization_gpu), |mean, percent| {
                mean + (f64::from(percent) - mean) * 0.25
            });
        assert!((averaged - f64::from(reading.utilization_gpu)).abs() < 1.5, "{averaged} {reading:?}");
    }
}

#[test]
fn activity_is_what_utilisation_averages() {
    let mut model = Model::new(Profile::H100.spec(), 9, 0);
    model.at(Duration::ZERO);
    let before = model.counters().activity(Activity::Graphics);
    let (mut percent, mut last) = (0, 0);
    for step in 1..=3_000 {
        percent += u64::from(model.at(STEP * step).utilization_gpu);
        let now = model.counters().activity(Activity::Graphics);
        assert!(now >= last);
        last = now;
    }
    let active = (last - before) as f64 / 3e8 * 100.0;
    let shown = percent as f64 / 3_000.0;
    assert!((active - shown).abs() < 1.0, "{active} counted, {shown} shown");
}

#[test]
fn a_script_acts_from_then_on() {
    let (simulation, control) = node(Setup::new(1, 10));
    control.set_time(Some(Duration::from_secs(60)));
    let device = simulation.device_by_index(0).unwrap();
    control.power_brake(0, true).unwrap();
    control.set_time(Some(Duration::from_secs(61)));
    let held = device.call(Function::GetViolationStatus, |view| Ok(view.held_ns(reason::HW_POWER_BRAKE)));
    assert_eq!(held, Ok(1_000_000_000));
}

#[test]
fn readings_do_not_depend_on_how_often_they_are_read() {
    let run = |stride: u32| {
        let (simulation, control) = node(Setup::new(1, 12).profile(Profile::A100Mig));
        let device = simulation.device_by_index(0).unwrap();
        control.set_power_limit(0, Some(250_000)).unwrap();
        for step in (0..=3_000).step_by(stride as usize) {
            control.set_time(Some(STEP * step));
            device.power_usage().unwrap();
        }
        device.reading()
    };
    assert_eq!(run(1), run(100));
}
