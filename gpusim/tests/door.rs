// SPDX-License-Identifier: Apache-2.0
//! The Rust door: calls, their errors, and every fault that a control scripts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;
use std::time::{Duration, Instant};

use tracecore_gpusim::{
    Clock, Control, ControlError, Field, Function, MAX_GPUS, ManualClock, Options, SimError, Simulation,
    Target,
};

fn scripted(gpus: u32) -> (Simulation, Control) {
    let control = Control::in_memory(gpus, 1).unwrap();
    let simulation = Simulation::scripted(control.clone());
    simulation.init().unwrap();
    (simulation, control)
}

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not come about");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn answers_only_between_init_and_shutdown() {
    let simulation = Simulation::new(Options::default()).unwrap();
    assert_eq!(simulation.count(), Err(SimError::UNINITIALIZED));
    simulation.init().unwrap();
    simulation.init_with_flags(0).unwrap();
    simulation.shutdown().unwrap();
    assert_eq!(simulation.count(), Ok(8));
    simulation.shutdown().unwrap();
    assert_eq!(simulation.count(), Err(SimError::UNINITIALIZED));
    assert_eq!(simulation.shutdown(), Err(SimError::UNINITIALIZED));
}

#[test]
fn a_gpu_is_found_by_each_of_its_names() {
    let (simulation, _control) = scripted(8);
    for index in 0..8 {
        let device = simulation.device_by_index(index).unwrap();
        assert_eq!((device.index(), device.slot()), (Ok(index), index));
        let by_uuid = simulation.device_by_uuid(&device.uuid().unwrap()).unwrap();
        let by_pci = simulation.device_by_pci_bus_id(&device.pci().unwrap().pci_bus_id).unwrap();
        assert_eq!((by_uuid.slot(), by_pci.slot()), (index, index));
    }
    assert_eq!(simulation.device_by_index(8).unwrap_err(), SimError::INVALID_ARGUMENT);
    assert_eq!(simulation.device_by_uuid("GPU-1").unwrap_err(), SimError::NOT_FOUND);
    assert_eq!(simulation.device_by_pci_bus_id("0:77:0").unwrap_err(), SimError::NOT_FOUND);
    assert_eq!(simulation.device_by_pci_bus_id("here").unwrap_err(), SimError::INVALID_ARGUMENT);
}

#[test]
fn time_is_the_callers_if_he_wants() {
    let clock = ManualClock::new();
    let options = Options { clock: Clock::Manual(clock.clone()), ..Options::default() };
    let simulation = Simulation::new(options).unwrap();
    simulation.init().unwrap();
    let device = simulation.device_by_index(0).unwrap();
    let before = device.total_energy().unwrap();
    thread::sleep(Duration::from_millis(150));
    assert_eq!(device.total_energy().unwrap(), before, "time stands still");
    clock.advance(Duration::from_secs(100));
    let joules = (device.total_energy().unwrap() - before) / 1000;
    assert!((6_000..=70_000).contains(&joules), "{joules} J in 100 s");
}

#[test]
fn real_time_passes_by_itself() {
    let (simulation, _control) = scripted(1);
    let device = simulation.device_by_index(0).unwrap();
    let before = device.total_energy().unwrap();
    wait_until(|| device.total_energy().unwrap() > before);
}

#[test]
fn fields_agree_with_the_calls_of_their_own() {
    let (simulation, control) = scripted(1);
    control.set_time(Some(Duration::from_secs(7)));
    let device = simulation.device_by_index(0).unwrap();
    assert_eq!(device.field(82, 0), Ok(Field::U32(device.memory_temperature().unwrap())));
    assert_eq!(device.field(83, 0), Ok(Field::U64(device.total_energy().unwrap())));
    assert_eq!(device.field(185, 0), Ok(Field::U32(device.power_usage().unwrap())));
    assert_eq!(device.field(4_000, 0), Err(SimError::NOT_SUPPORTED));
}

#[test]
fn the_narrowest_rule_decides() {
    let (simulation, control) = scripted(2);
    let device = simulation.device_by_index(0).unwrap();
    let rules = [
        (Target::everything(), SimError::UNKNOWN),
        (Target::function(Function::GetPowerUsage), SimError::NO_PERMISSION),
        (Target::gpu(0), SimError::GPU_IS_LOST),
        (Target::call(Function::GetPowerUsage, 0), SimError::TIMEOUT),
    ];
    for (target, error) in rules {
        control.fail(target, error).unwrap();
        assert_eq!(device.power_usage(), Err(error), "{target}");
    }
    assert_eq!(device.temperature(), Err(SimError::GPU_IS_LOST));
    let other = simulation.device_in_slot(1).unwrap();
    assert_eq!(other.power_usage(), Err(SimError::NO_PERMISSION));
    assert_eq!(other.temperature(), Err(SimError::UNKNOWN));
    for (target, _) in rules {
        control.clear(target).unwrap();
    }
    assert!(device.power_usage().is_ok());
}

#[test]
fn a_hang_blocks_its_own_gpu_until_it_is_cleared() {
    let (simulation, control) = scripted(2);
    let target = Target::call(Function::GetTemperature, 1);
    control.hang(target).unwrap();
    let stuck = simulation.device_by_index(1).unwrap();
    let thread = thread::spawn(move || stuck.temperature());
    wait_until(|| control.hanging(target).unwrap() == 1);
    // Others go on meanwhile: another GPU, and another function of the same one.
    assert!(simulation.device_by_index(0).unwrap().temperature().is_ok());
    assert!(simulation.device_by_index(1).unwrap().power_usage().is_ok());
    thread::sleep(Duration::from_millis(30));
    assert!(!thread.is_finished());
    control.clear(target).unwrap();
    assert!(thread.join().unwrap().is_ok());
    assert_eq!(control.hanging(target).unwrap(), 0);
}

#[test]
fn a_gpu_that_goes_while_a_call_about_it_hangs_is_lost() {
    let (simulation, control) = scripted(2);
    control.hang(Target::gpu(1)).unwrap();
    let stuck = simulation.device_in_slot(1).unwrap();
    let thread = thread::spawn(move || stuck.power_usage());
    wait_until(|| control.hanging(Target::gpu(1)).unwrap() == 1);
    control.set_present(1, false).unwrap();
    control.clear(Target::gpu(1)).unwrap();
    assert_eq!(thread.join().unwrap(), Err(SimError::GPU_IS_LOST));
}

#[test]
fn a_delay_makes_a_call_slow() {
    let (simulation, control) = scripted(1);
    let device = simulation.device_by_index(0).unwrap();
    control.delay(Target::gpu(0), Duration::from_millis(40)).unwrap();
    let start = Instant::now();
    device.temperature().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(40));
}

#[test]
fn gpus_come_and_go() {
    let (simulation, control) = scripted(3);
    let last = simulation.device_by_index(2).unwrap();
    control.set_present(1, false).unwrap();
    assert_eq!((simulation.count(), control.gpus()), (Ok(2), 2));
    assert_eq!(last.index(), Ok(1), "indices behind the gap shift");
    assert_eq!(simulation.device_by_index(1).unwrap().uuid(), last.uuid(), "names do not");
    let gone = simulation.device_in_slot(1).unwrap();
    assert_eq!(gone.power_usage(), Err(SimError::GPU_IS_LOST));
    assert_eq!(simulation.device_by_uuid(&gone.identity().uuid).unwrap_err(), SimError::NOT_FOUND);
    control.set_gpus(MAX_GPUS).unwrap();
    assert_eq!(simulation.count(), Ok(MAX_GPUS));
    assert!(simulation.device_by_index(MAX_GPUS - 1).unwrap().power_usage().is_ok());
    control.set_gpus(0).unwrap();
    assert_eq!(simulation.count(), Ok(0));
}

#[test]
fn a_lost_gpu_is_still_counted() {
    let (simulation, control) = scripted(2);
    control.lose(1).unwrap();
    assert_eq!(simulation.count(), Ok(2));
    assert_eq!(simulation.device_by_index(1).unwrap_err(), SimError::GPU_IS_LOST);
    control.clear(Target::gpu(1)).unwrap();
    assert!(simulation.device_by_index(1).is_ok());
}

#[test]
fn initialisation_fails_by_both_its_functions() {
    let control = Control::in_memory(1, 1).unwrap();
    let simulation = Simulation::scripted(control.clone());
    control.fail_init(Some(SimError::DRIVER_NOT_LOADED));
    assert_eq!(simulation.init(), Err(SimError::DRIVER_NOT_LOADED));
    assert_eq!(simulation.init_with_flags(0), Err(SimError::DRIVER_NOT_LOADED));
    assert_eq!(simulation.count(), Err(SimError::UNINITIALIZED));
    control.fail_init(None);
    assert_eq!(simulation.init(), Ok(()));
}

#[test]
fn an_energy_counter_starts_again() {
    let (simulation, control) = scripted(2);
    control.set_time(Some(Duration::from_secs(1)));
    let device = simulation.device_by_index(1).unwrap();
    assert!(device.total_energy().unwrap() > 0);
    control.reset_energy(1).unwrap();
    assert_eq!(device.total_energy(), Ok(0));
    control.set_time(Some(Duration::from_secs(11)));
    let joules = device.total_energy().unwrap() / 1000;
    assert!((600..=7_000).contains(&joules), "{joules} J in 10 s");
}

#[test]
fn calls_are_counted() {
    let (simulation, control) = scripted(2);
    control.fail(Target::gpu(1), SimError::TIMEOUT).unwrap();
    for slot in [0, 1, 1] {
        let _ = simulation.device_in_slot(slot).unwrap().power_usage();
    }
    assert_eq!(control.calls(Function::GetPowerUsage), 3);
    assert_eq!(control.calls_on(Function::GetPowerUsage, 1).unwrap(), 2, "failures too");
    assert_eq!(control.calls(Function::Init), 1);
    control.clear_all();
    assert_eq!(control.calls(Function::GetPowerUsage), 3);
}

#[test]
fn a_file_is_one_script_for_all_who_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let ours = Control::create(&path, 4, 77).unwrap();
    let theirs = Control::open(&path).unwrap();
    assert_eq!((theirs.gpus(), theirs.seed()), (4, 77));
    let simulation = Simulation::scripted(theirs);
    ours.fail_init(Some(SimError::NO_PERMISSION));
    assert_eq!(simulation.init(), Err(SimError::NO_PERMISSION));
    assert_eq!(ours.calls(Function::Init), 1);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing but the file: {left:?}");
}

#[test]
fn two_simulations_of_one_file_see_the_same_gpus_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let control = Control::create(folder.path().join("control"), 1, 5).unwrap();
    let reading = || {
        let simulation = Simulation::scripted(Control::open(folder.path().join("control")).unwrap());
        simulation.init().unwrap();
        simulation.device_by_index(0).unwrap().total_energy().unwrap()
    };
    control.set_time(Some(Duration::from_secs(33)));
    assert_eq!(reading(), reading());
}

#[test]
fn what_is_no_control_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control");
    let message = |path| Control::open(path).unwrap_err().to_string();
    assert!(message(&path).contains("cannot open gpusim control file"), "{}", message(&path));
    std::fs::write(&path, "gpus: 8").unwrap();
    assert!(message(&path).contains("is not a gpusim control file"), "{}", message(&path));
    std::fs::write(&path, vec![0; 2 << 20]).unwrap();
    assert!(message(&path).contains("is not a gpusim control file"), "{}", message(&path));
    Control::create(&path, 1, 1).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 9;
    std::fs::write(&path, bytes).unwrap();
    assert!(message(&path).contains("has version 9, this gpusim reads version 2"), "{}", message(&path));
}

#[test]
fn slots_and_numbers_that_no_node_has_are_refused() {
    let control = Control::in_memory(1, 1).unwrap();
    let refused = control.hang(Target::gpu(MAX_GPUS)).unwrap_err();
    assert_eq!(refused.to_string(), "there is no gpu slot 64: slots are 0 to 63");
    assert!(matches!(control.set_gpus(65), Err(ControlError::TooManyGpus { found: 65 })));
    let options = Options { gpus: 65, ..Options::default() };
    let refused = Simulation::new(options).unwrap_err();
    assert_eq!(refused.to_string(), "65 simulated gpus are too many: a node has 0 to 64");
}
