// SPDX-License-Identifier: Apache-2.0
//! The control file beyond rules: profiles, costs, what is refused, and what two who share it see.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use tracecore_gpusim::{
    Control, Costs, EccError, EccLocation, Function, LinkError, MAX_GPUS, MAX_INSTANCES, MigLayout, Process,
    Profile, Setup, SimError, Simulation,
};

#[test]
fn a_profile_has_a_name_and_another_name_has_none() {
    for profile in Profile::ALL {
        assert_eq!(profile.name().parse(), Ok(*profile));
    }
    let refused = "a100".parse::<Profile>().unwrap_err();
    let expected = "there is no gpu profile `a100`: `h100`, `a100-mig`, `l40s`, `old` are there";
    assert_eq!(refused.to_string(), expected);
}

#[test]
fn a_control_file_says_which_kind_of_node_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let setup = Setup::new(2, 3).profile(Profile::L40s);
    drop(Control::create_as(&path, setup).unwrap());
    let control = Control::open(&path).unwrap();
    assert_eq!(control.profile(), Profile::L40s);
    let simulation = Simulation::scripted(control);
    simulation.init().unwrap();
    let device = simulation.device_by_index(1).unwrap();
    assert_eq!(device.name().unwrap(), "NVIDIA L40S");
    assert_eq!(device.memory_temperature(), Err(SimError::NOT_SUPPORTED));
}

#[test]
fn what_another_process_scripts_is_seen_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let ours = Control::create(&path, 1, 1).unwrap();
    let theirs = Control::open(&path).unwrap();
    let simulation = Simulation::scripted(ours);
    simulation.init().unwrap();
    let device = simulation.device_by_index(0).unwrap();
    theirs.inject_ecc(0, EccError::Corrected, EccLocation::Dram, 4).unwrap();
    let count = device.call(Function::GetTotalEccErrors, |view| view.ecc_total(EccError::Corrected, false));
    assert_eq!(count, Ok(4));
    theirs.load_driver(Some("600.1"));
    assert_eq!(simulation.driver_version(), Err(SimError::UNINITIALIZED));
    simulation.shutdown().unwrap();
    simulation.init().unwrap();
    assert_eq!(simulation.driver_version().unwrap(), "600.1");
    assert_eq!(simulation.nvml_version().unwrap(), "13.600.1");
    theirs.load_driver(None);
    simulation.shutdown().unwrap();
    simulation.init().unwrap();
    assert_eq!(simulation.driver_version().unwrap(), "580.95.05");
}

#[test]
fn calls_cost_what_real_ones_do() {
    let control = Control::in_memory(1, 1).unwrap();
    let simulation = Simulation::scripted(control.clone());
    simulation.init().unwrap();
    let device = simulation.device_by_index(0).unwrap();
    for costs in [Costs::Busy, Costs::Asleep] {
        control.set_costs(costs);
        let began = Instant::now();
        for _ in 0..20 {
            device.temperature().unwrap();
        }
        assert!(began.elapsed() >= 20 * Costs::of(Function::GetTemperature), "{costs:?}");
    }
    assert!(Costs::of(Function::GetTemperature) > Duration::from_micros(100));
    assert_eq!(Costs::of(Function::GetUuid), Duration::ZERO);
}

#[test]
fn places_that_nothing_has_are_refused() {
    let control = Control::in_memory(1, 1).unwrap();
    let refused = control.set_link(0, 18, false).unwrap_err();
    assert_eq!(refused.to_string(), "there is no link 18: links are 0 to 17");
    let refused = control.inject_link_errors(MAX_GPUS, 0, LinkError::Replay, 1).unwrap_err();
    assert_eq!(refused.to_string(), "there is no gpu slot 64: slots are 0 to 63");
    for pid in 1..=16 {
        control.set_process(0, Process { pid, ..Process::default() }).unwrap();
    }
    let refused = control.set_process(0, Process { pid: 17, ..Process::default() }).unwrap_err();
    assert_eq!(refused.to_string(), "a gpu has room for 16 scripted processes; end one first");
}

#[test]
fn instances_fit_into_their_gpu() {
    for profile in [Profile::H100, Profile::A100Mig] {
        let spec = profile.spec();
        for layout in [MigLayout::Sevenths, MigLayout::Mixed] {
            let instances: Vec<_> = layout.instances().collect();
            assert!(instances.len() <= MAX_INSTANCES as usize);
            assert_eq!(instances.iter().map(|it| it.slices).sum::<u32>(), 7);
            let memory: u64 = instances.iter().map(|it| it.memory(spec)).sum();
            assert!(memory <= spec.memory_total, "{profile} {layout:?}: {memory}");
            assert!(memory > spec.memory_total * 8 / 10, "{profile} {layout:?}: {memory}");
        }
    }
    assert!(MigLayout::Off.instance(0).is_none() && !MigLayout::Off.is_on() && MigLayout::Empty.is_on());
}
