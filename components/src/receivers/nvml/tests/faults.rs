// SPDX-License-Identifier: Apache-2.0
//! What goes wrong, and what it does: to the GPU it happens to, and not to the others.

use tracecore_gpusim::{Function, SimError, Target};
use tracecore_runtime::Absence;
use tracecore_runtime::testing::Harness;

use super::super::{SimulatedNvml, SimulatedNvmlKind as Kind};
use super::{Node, each, points, says, series, unsupported};

fn all() -> u64 {
    each() as u64
}

/// Ticks; gives the failure's kinds and text, or nothing.
fn tick(receiver: &mut Harness<SimulatedNvml>) -> (Vec<Kind>, String) {
    match receiver.tick() {
        Ok(()) => (Vec::new(), String::new()),
        Err(fault) => (fault.kinds().collect(), fault.to_string()),
    }
}

fn gpus_seen(receiver: &Harness<SimulatedNvml>) -> Vec<String> {
    let points = receiver.points();
    let info = points.iter().filter(|point| point.name() == "tracecore.gpu.info");
    let mut names: Vec<_> = info.filter_map(|point| point.attribute("hw.name")).collect();
    names.sort();
    names
}

#[test]
fn a_lost_gpu_ends_and_the_others_go_on() {
    let node = Node::new(8);
    let mut receiver = node.open();
    assert_eq!(tick(&mut receiver).0, []);
    node.control.lose(5).unwrap();

    let (kinds, text) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Read], "one failure for the GPU, not one for each call");
    let uuid = &node.simulation().device_in_slot(5).unwrap().identity().uuid.clone();
    says(&text, &["gpu 5", uuid, "nvmlDeviceGetUtilizationRates", "fallen off the bus"]);
    assert_eq!(points(&receiver), 7 * each());
    assert_eq!(receiver.absent(Absence::Lost), all());
    assert!(receiver.wants_discovery());

    receiver.discover().unwrap();
    assert_eq!(series(&receiver), 7 * each(), "no series that nobody sets");
    let (kinds, _) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Read], "for as long as it is lost");
    assert_eq!(receiver.absent(Absence::Lost), all());
    assert_eq!(points(&receiver), 7 * each());
    assert!(!receiver.wants_discovery());

    node.control.clear(Target::gpu(5)).unwrap();
    receiver.discover().unwrap();
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!(points(&receiver), 8 * each());
    assert_eq!(receiver.refused(), []);
}

#[test]
fn a_gpu_that_appears_later_is_read_from_then_on() {
    let node = Node::new(2);
    let mut receiver = node.open();
    tick(&mut receiver);
    assert_eq!(gpus_seen(&receiver), ["gpu 0", "gpu 1"]);
    node.control.set_gpus(3).unwrap();
    receiver.discover().unwrap();
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!(gpus_seen(&receiver), ["gpu 0", "gpu 1", "gpu 2"]);
    assert_eq!(series(&receiver), 3 * each());
}

#[test]
fn a_gpu_that_is_pulled_takes_its_series_along_though_indices_shift() {
    let node = Node::new(4);
    let mut receiver = node.open();
    tick(&mut receiver);
    node.control.set_present(1, false).unwrap();
    let (kinds, text) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Read]);
    says(&text, &["gpu 1"]);
    receiver.discover().unwrap();
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!(receiver.refused(), [], "a GPU ends at its old index before it begins at the new one");
    assert_eq!(gpus_seen(&receiver), ["gpu 0", "gpu 1", "gpu 2"]);
    let third = node.simulation().device_in_slot(2).unwrap().identity().uuid.clone();
    let names = [("hw.id", third.as_str()), ("hw.name", "gpu 1")];
    assert_eq!(receiver.value("tracecore.gpu.info", &names), Some(1.0));
}

#[test]
fn what_a_gpu_does_not_support_is_asked_once() {
    let node = Node::new(2);
    let encoder = Target::call(Function::GetEncoderUtilization, 1);
    node.control.fail(encoder, SimError::NOT_SUPPORTED).unwrap();
    // An older driver: the function is not there, or does not know the argument.
    node.control
        .fail(Target::call(Function::GetTotalEnergyConsumption, 1), SimError::FUNCTION_NOT_FOUND)
        .unwrap();
    node.control.fail(Target::call(Function::GetFieldValues, 1), SimError::INVALID_ARGUMENT).unwrap();
    let mut receiver = node.open_without_links();
    let mut healthy = Node::new(2).open_without_links();
    healthy.tick().unwrap();
    // Encoder, energy, and whatever is asked by number.
    let gone = (series(&healthy) - series(&receiver)) as u64;
    assert!(gone > 3, "{gone}");
    for _ in 0..3 {
        assert_eq!(tick(&mut receiver).0, []);
        assert_eq!(receiver.absent(Absence::Unsupported), healthy.absent(Absence::Unsupported) + gone);
    }
    receiver.discover().unwrap();
    let asked = node.control.calls_on(Function::GetEncoderUtilization, 1).unwrap();
    assert_eq!(asked, 1);
}

#[test]
fn what_ends_to_be_supported_ends() {
    let node = Node::new(2);
    let mut receiver = node.open();
    assert_eq!(tick(&mut receiver).0, []);
    // As when MIG is switched on.
    node.control.fail(Target::call(Function::GetUtilizationRates, 0), SimError::NOT_SUPPORTED).unwrap();
    let (kinds, text) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Read]);
    says(&text, &["gpu 0", "nvmlDeviceGetUtilizationRates", "not supported"]);
    assert_eq!(points(&receiver), 2 * each() - 2, "its other calls go on");
    assert!(receiver.wants_discovery());
    receiver.discover().unwrap();
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!((series(&receiver), points(&receiver)), (2 * each() - 2, 2 * each() - 2));
    assert_eq!(unsupported(&receiver, 2), 2);
}

#[test]
fn what_is_forbidden_is_counted_and_asked_again_now_and_then() {
    let node = Node::new(2);
    let power = Target::function(Function::GetPowerUsage);
    node.control.fail(power, SimError::NO_PERMISSION).unwrap();
    let mut receiver = node.open();
    assert_eq!(tick(&mut receiver).0, [], "how things are here is no failure");
    assert_eq!(receiver.absent(Absence::Permission), 2);
    assert_eq!(series(&receiver), 2 * (each() - 1));
    node.control.clear(power).unwrap();
    receiver.discover().unwrap();
    tick(&mut receiver);
    assert_eq!((points(&receiver), receiver.absent(Absence::Permission)), (2 * each(), 0));
}

#[test]
fn a_gpu_of_somebody_else_is_no_failure_but_all_of_them_are() {
    let node = Node::new(2);
    node.control.fail(Target::gpu(1), SimError::NO_PERMISSION).unwrap();
    let mut receiver = node.open();
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!((points(&receiver), receiver.absent(Absence::Permission)), (each(), all()));

    node.control.fail(Target::gpu(0), SimError::NO_PERMISSION).unwrap();
    receiver.discover().unwrap();
    let (kinds, text) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Enumerate]);
    says(&text, &["none of 2 GPUs", "no permission", "/dev/nvidia"]);
    assert_eq!(series(&receiver), 0);
}

#[test]
fn a_time_out_costs_one_call_not_all() {
    let node = Node::new(3);
    let mut receiver = node.open();
    node.control.fail(Target::call(Function::GetMemoryInfoV2, 1), SimError::TIMEOUT).unwrap();
    let power = || node.control.calls_on(Function::GetPowerUsage, 1).unwrap();
    let before = power();
    let (kinds, text) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Read]);
    says(&text, &["gpu 1", "nvmlDeviceGetMemoryInfo_v2", "no answer in time"]);
    assert_eq!(power(), before, "what comes after it is left for this tick");
    // What was read before it is shown, and what comes after it is counted.
    assert_eq!(usize::try_from(receiver.absent(Absence::Timeout)).unwrap() + points(&receiver), 3 * each());
    assert!(points(&receiver) > 2 * each());
    assert_eq!(series(&receiver), 3 * each(), "it is still there");
    node.control.clear_all();
    assert_eq!(tick(&mut receiver).0, []);
}

#[test]
fn another_error_is_one_failure_of_its_gpu() {
    let node = Node::new(3);
    let mut receiver = node.open();
    for function in [Function::GetPowerUsage, Function::GetTemperature] {
        node.control.fail(Target::call(function, 2), SimError::UNKNOWN).unwrap();
    }
    node.control.fail(Target::call(Function::GetPowerUsage, 0), SimError::UNKNOWN).unwrap();
    let (kinds, text) = tick(&mut receiver);
    assert_eq!(kinds, [Kind::Read, Kind::Read], "one for each GPU");
    says(&text, &["gpu 0", "gpu 2", "nvmlDeviceGetPowerUsage", "and 1 more call failed", "NVML code 999"]);
    assert_eq!(points(&receiver), 3 * each() - 3);
    assert!(!receiver.wants_discovery());
}

#[test]
fn what_fails_at_first_is_tried_again() {
    let node = Node::new(1);
    node.control.fail(Target::function(Function::GetPowerUsage), SimError::NO_DATA).unwrap();
    node.control.fail(Target::function(Function::GetTemperatureThreshold), SimError::UNKNOWN).unwrap();
    let mut receiver = node.open();
    assert_eq!(tick(&mut receiver).0, [Kind::Read]);
    assert_eq!(points(&receiver), each() - 5);
    node.control.clear_all();
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!(points(&receiver), each());
}

#[test]
fn a_gpu_that_hangs_gets_no_call_at_all() {
    let node = Node::new(4);
    let mut receiver = Harness::<SimulatedNvml>::open_without(node.config(), &["gpu 2"]).unwrap();
    for _ in 0..2 {
        let (kinds, text) = tick(&mut receiver);
        assert_eq!(kinds, [Kind::Read]);
        says(&text, &["gpu 2: left alone"]);
        assert_eq!(receiver.absent(Absence::Timeout), all());
        assert_eq!(gpus_seen(&receiver), ["gpu 0", "gpu 1", "gpu 3"]);
        receiver.discover().unwrap();
    }
    for function in Function::ALL {
        assert_eq!(node.control.calls_on(*function, 2).unwrap(), 0, "{}", function.name());
    }
}

#[test]
fn a_driver_that_went_away_is_opened_again() {
    let node = Node::new(2);
    let mut receiver = node.open();
    node.control.fail(Target::everything(), SimError::UNINITIALIZED).unwrap();
    let fault = receiver.tick().unwrap_err();
    assert!(fault.wants_reopen());
    assert_eq!(fault.kinds().collect::<Vec<_>>(), [Kind::Connect, Kind::Connect]);
    let fault = receiver.discover().unwrap_err();
    assert!(fault.wants_reopen());
    assert_eq!(fault.kind(), Kind::Enumerate);
}

#[test]
fn no_gpu_is_a_failure_until_there_is_one() {
    let node = Node::new(1);
    let mut receiver = node.open();
    node.control.set_gpus(0).unwrap();
    let fault = receiver.discover().unwrap_err();
    assert_eq!(fault.kind(), Kind::Enumerate);
    says(&fault, &["580.95.05", "finds no GPU"]);
    assert_eq!(series(&receiver), 0);
    assert_eq!(tick(&mut receiver).0, [Kind::Enumerate], "not healthy for want of anything to read");
    node.control.set_gpus(1).unwrap();
    receiver.discover().unwrap();
    assert_eq!(tick(&mut receiver).0, []);
}

#[test]
fn a_gpu_that_does_not_say_its_name_once_goes_on() {
    let node = Node::new(3);
    let mut receiver = node.open();
    for code in [SimError::TIMEOUT, SimError::UNKNOWN] {
        node.control.fail(Target::call(Function::GetUuid, 1), code).unwrap();
        receiver.discover().unwrap();
        assert_eq!(tick(&mut receiver).0, []);
        assert_eq!(points(&receiver), 3 * each());
    }
    // But not if another place has it now: slot 1 is pulled, slot 2 moves up, the rest is silent.
    node.control.clear_all();
    node.control.set_present(1, false).unwrap();
    receiver.discover().unwrap();
    assert_eq!(gpus_seen_after(&mut receiver), ["gpu 0", "gpu 1"]);
    assert_eq!(receiver.refused(), []);
}

fn gpus_seen_after(receiver: &mut Harness<SimulatedNvml>) -> Vec<String> {
    assert_eq!(tick(receiver).0, []);
    gpus_seen(receiver)
}

#[test]
fn a_count_that_fails_leaves_what_is_there() {
    let node = Node::new(2);
    let mut receiver = node.open();
    node.control.fail(Target::function(Function::DeviceGetCount), SimError::UNKNOWN).unwrap();
    let fault = receiver.discover().unwrap_err();
    assert_eq!((fault.kind(), fault.wants_reopen()), (Kind::Enumerate, false));
    assert_eq!(tick(&mut receiver).0, []);
    assert_eq!(points(&receiver), 2 * each());
}

#[test]
fn a_simulation_that_cannot_be_had_says_why() {
    let node = Node::new(1);
    node.control.fail_init(Some(SimError::DRIVER_NOT_LOADED));
    let fault = Harness::<SimulatedNvml>::open(node.config()).map(drop).unwrap_err();
    assert_eq!(fault.kind(), Kind::Connect);
    says(&fault, &["simulated", "not loaded"]);
}
