// SPDX-License-Identifier: Apache-2.0
//! Drivers that lack things, and answers that are wrong, through the C ABI.

use tracecore_gpusim::{Counter, Function, Profile, Setup, SimError, Target};
use tracecore_gpusim_nvml::{Instance, install_as};
use tracecore_runtime::Absence;
use tracecore_runtime::testing::Harness;

use super::super::{Config, Nvml, NvmlKind};
use super::{config, each, points, says};

fn open(node: &Instance) -> Harness<Nvml> {
    Harness::open(Config { library: Some(node.library.clone()), ..config() }).unwrap()
}

const FIRST: (&str, &str) = ("hw.name", "gpu 0");

#[test]
fn an_old_driver_gives_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let node = install_as(folder.path(), Setup::new(2, 7).profile(Profile::Old)).unwrap();
    let mut receiver = open(&node);
    for _ in 0..3 {
        receiver.tick().unwrap();
    }
    let value = |name: &str, own: &[(&str, &str)]| {
        let mut attributes = vec![FIRST];
        attributes.extend(own);
        receiver.value(name, &attributes)
    };
    // What every driver has.
    assert!(value("hw.power", &[]).is_some_and(|watts| watts > 10.0));
    assert!(value("hw.temperature", &[("hw.sensor_location", "gpu")]).is_some());
    // By the functions of old: memory without what is reserved, and clock events by their old name.
    let total = value("hw.gpu.memory.limit", &[]).unwrap();
    let parts = value("hw.gpu.memory.usage", &[]).unwrap() + value("tracecore.gpu.memory.free", &[]).unwrap();
    assert_eq!((total, value("tracecore.gpu.memory.reserved", &[])), (parts, None));
    let idle = [("tracecore.gpu.clock.event.reason", "gpu_idle")];
    assert!(value("tracecore.gpu.clock.event.active", &idle).is_some());
    // What came later is not there, and no error.
    for name in ["tracecore.gpu.fabric.state", "tracecore.gpu.power.instant", "tracecore.gpu.recovery_action"]
    {
        assert_eq!(value(name, &[]), None, "{name}");
    }
    assert!(receiver.absent(Absence::Unsupported) > 20);
    assert_eq!(receiver.absent(Absence::Lost) + receiver.absent(Absence::Timeout), 0);
    // And not asked for again.
    let asked = node.control.calls(Function::GetMemoryInfoV2);
    receiver.tick().unwrap();
    receiver.discover().unwrap();
    assert_eq!(node.control.calls(Function::GetMemoryInfoV2), asked);
}

#[test]
fn wrong_answers_cost_their_own_values_only() {
    let folder = tempfile::tempdir().unwrap();
    let node = install_as(folder.path(), Setup::new(2, 7)).unwrap();
    let mut receiver = open(&node);
    receiver.tick().unwrap();
    let wrong = [
        (Function::GetPowerUsage, SimError::UNKNOWN),
        (Function::GetTemperature, SimError::INVALID_ARGUMENT),
        (Function::GetClockInfo, SimError::NO_DATA),
        (Function::GetUtilizationRates, SimError::IRQ_ISSUE),
    ];
    for (function, code) in wrong {
        node.control.fail(Target::call(function, 0), code).unwrap();
    }
    for _ in 0..3 {
        let fault = receiver.tick().unwrap_err();
        assert_eq!(fault.kinds().collect::<Vec<_>>(), [NvmlKind::Read], "one failure for the GPU");
        says(&fault, &["gpu 0", "nvmlDeviceGetUtilizationRates", "more calls failed"]);
        // Power, temperature, four clocks, utilisation of cores and memory.
        assert_eq!(points(&receiver), 2 * each() - 8);
        receiver.discover().unwrap();
    }
    node.control.clear_all();
    receiver.tick().unwrap();
    assert_eq!(points(&receiver), 2 * each());
}

#[test]
fn counters_that_go_backwards_are_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let node = install_as(folder.path(), Setup::new(1, 7)).unwrap();
    node.control.set_time(Some(std::time::Duration::from_secs(40)));
    let mut receiver = open(&node);
    let read = |receiver: &mut Harness<Nvml>| {
        receiver.tick().unwrap();
        let io = [FIRST, ("network.io.direction", "transmit")];
        (receiver.value("hw.energy", &[FIRST]).unwrap(), receiver.value("hw.gpu.io", &io).unwrap())
    };
    let (energy, bytes) = read(&mut receiver);
    node.control.set_back(0, Counter::Energy, 5_000).unwrap();
    node.control.set_back(0, Counter::PcieBytes, 1_000).unwrap();
    let (energy_now, bytes_now) = read(&mut receiver);
    assert!((energy - energy_now - 5.0).abs() < 1e-6, "{energy} J, then {energy_now} J");
    assert!(bytes_now < bytes && bytes_now >= 0.0, "{bytes} B, then {bytes_now} B");
}
