// SPDX-License-Identifier: Apache-2.0
//! What is read is what the GPUs say, in base units and with its names.

use std::collections::BTreeSet;

use tracecore_gpusim::{ClockDomain, Function, Threshold};

use super::super::{Config, Simulated, SimulatedNvml};
use super::{Harness, Node, config, each, points, series};

#[test]
fn eight_gpus_say_what_the_simulation_says() {
    let node = Node::new(8);
    let mut receiver = node.open();
    receiver.tick().unwrap();
    assert_eq!((series(&receiver), points(&receiver)), (8 * each(), 8 * each()));
    assert_eq!(receiver.refused(), []);

    let simulation = node.simulation();
    for index in 0..8 {
        let gpu = simulation.device_by_index(index).unwrap();
        let uuid = gpu.uuid().unwrap().to_owned();
        let value = |name: &str, own: &[(&str, &str)]| {
            let mut attributes = vec![("hw.id", uuid.as_str())];
            attributes.extend(own);
            receiver.value(name, &attributes).unwrap_or_else(|| panic!("no {name} {own:?} of gpu {index}"))
        };
        let percent = |percent: u32| f64::from(percent) / 100.0;
        let task = |task| value("hw.gpu.utilization", &[("hw.gpu.task", task)]);
        let busy = gpu.utilization().unwrap();
        assert_eq!(task("general"), percent(busy.gpu));
        assert_eq!(task("encoder"), percent(gpu.encoder_utilization().unwrap()));
        assert_eq!(task("decoder"), percent(gpu.decoder_utilization().unwrap()));
        assert_eq!(value("tracecore.gpu.memory.activity", &[]), percent(busy.memory));

        let memory = gpu.memory().unwrap();
        assert_eq!(value("hw.gpu.memory.limit", &[]), memory.total as f64);
        assert_eq!(value("hw.gpu.memory.usage", &[]), memory.used as f64);
        assert_eq!(value("hw.gpu.memory.utilization", &[]), memory.used as f64 / memory.total as f64);
        assert_eq!(value("tracecore.gpu.memory.free", &[]), memory.free as f64);
        assert_eq!(value("tracecore.gpu.memory.reserved", &[]), memory.reserved as f64);

        let gpu_type = [("hw.type", "gpu")];
        assert_eq!(value("hw.power", &gpu_type), f64::from(gpu.power_usage().unwrap()) / 1e3);
        assert_eq!(value("tracecore.gpu.power.limit", &[("hw.limit_type", "enforced")]), 700.0);
        assert_eq!(value("hw.energy", &gpu_type), gpu.total_energy().unwrap() as f64 / 1e3);

        let at = |location| value("hw.temperature", &[("hw.sensor_location", location)]);
        assert_eq!(at("gpu"), f64::from(gpu.temperature().unwrap()));
        assert_eq!(at("memory"), f64::from(gpu.memory_temperature().unwrap()));
        for (location, limit_type, threshold) in [
            ("gpu", "max", Threshold::GpuMax),
            ("gpu", "high.degraded", Threshold::Slowdown),
            ("gpu", "high.critical", Threshold::Shutdown),
            ("memory", "high.degraded", Threshold::MemoryMax),
        ] {
            let own = [("hw.sensor_location", location), ("hw.limit_type", limit_type)];
            let celsius = f64::from(gpu.temperature_threshold(threshold).unwrap());
            assert_eq!(value("hw.temperature.limit", &own), celsius, "{location} {limit_type}");
        }
        for (name, domain) in [
            ("graphics", ClockDomain::Graphics),
            ("sm", ClockDomain::Sm),
            ("memory", ClockDomain::Memory),
            ("video", ClockDomain::Video),
        ] {
            let own = [("tracecore.gpu.clock.domain", name)];
            let hertz = |megahertz: u32| f64::from(megahertz) * 1e6;
            assert_eq!(value("tracecore.gpu.clock.frequency", &own), hertz(gpu.clock(domain).unwrap()));
            assert_eq!(value("tracecore.gpu.clock.limit", &own), hertz(gpu.max_clock(domain).unwrap()));
        }
    }
}

#[test]
fn every_series_carries_what_names_its_gpu() {
    let node = Node::new(2);
    let mut receiver = node.open();
    receiver.tick().unwrap();
    let second = node.simulation().device_by_index(1).unwrap();
    let identity = second.identity();
    let names = [
        ("hw.id", identity.uuid.as_str()),
        ("hw.name", "gpu 1"),
        ("hw.model", "NVIDIA H100 80GB HBM3"),
        ("hw.vendor", "NVIDIA"),
        ("hw.serial_number", identity.serial.as_str()),
        ("hw.driver_version", "580.95.05"),
        ("hw.firmware_version", "96.00.A5.00.01"),
    ];
    let points = receiver.points();
    let of_second = || points.iter().filter(|point| point.attribute("hw.name").as_deref() == Some("gpu 1"));
    assert_eq!(of_second().count(), each());
    for point in of_second() {
        for (key, value) in names {
            assert_eq!(point.attribute(key).as_deref(), Some(value), "{key} of {}", point.name());
        }
    }
    let info = [("tracecore.gpu.index", "1"), ("tracecore.gpu.pci.address", &identity.pci_bus_id)];
    assert_eq!(receiver.value("tracecore.gpu.info", &info), Some(1.0));
}

#[test]
fn what_the_driver_does_not_tell_is_left_out() {
    let node = Node::new(1);
    node.control
        .fail(
            tracecore_gpusim::Target::function(Function::GetSerial),
            tracecore_gpusim::SimError::NOT_SUPPORTED,
        )
        .unwrap();
    let mut receiver = node.open();
    receiver.tick().unwrap();
    assert!(receiver.points().iter().all(|point| point.attribute("hw.serial_number").is_none()));
    assert_eq!(points(&receiver), each());
}

#[test]
fn a_tick_asks_each_gpu_once_and_for_constants_never_again() {
    let node = Node::new(3);
    let mut receiver = node.open();
    receiver.tick().unwrap();
    let count = |function| node.control.calls(function);
    let constants = [Function::GetTemperatureThreshold, Function::GetMaxClockInfo];
    let names = [Function::GetUuid, Function::GetName, Function::DeviceGetHandleByIndex];
    let before: Vec<_> = constants.iter().chain(&names).map(|function| count(*function)).collect();
    let power = count(Function::GetPowerUsage);
    let all = || Function::ALL.iter().map(|function| count(*function)).collect::<Vec<_>>();
    let all_before = all();
    for _ in 0..5 {
        receiver.tick().unwrap();
    }
    for ((function, before), after) in Function::ALL.iter().zip(all_before).zip(all()) {
        // No function is asked more often than its longest list of arguments: four clocks.
        let calls = after - before;
        assert!(calls <= 5 * 3 * 4 && calls % 5 == 0, "{}: {calls} calls", function.name());
    }
    let after: Vec<_> = constants.iter().chain(&names).map(|function| count(*function)).collect();
    assert_eq!(before, after);
    assert_eq!(count(Function::GetPowerUsage), power + 15);
}

#[test]
fn the_config_says_how_many_simulated_gpus_there_are() {
    let open = |simulated| {
        let mut receiver =
            Harness::<SimulatedNvml>::open(Config { simulated: Some(simulated), ..config() }).unwrap();
        receiver.tick().unwrap();
        let points = receiver.points();
        let ids: BTreeSet<_> = points.iter().filter_map(|point| point.attribute("hw.id")).collect();
        (ids.len(), ids.into_iter().next().unwrap())
    };
    let (by_default, first) = open(Simulated::default());
    assert_eq!(by_default, 8);
    assert!(first.starts_with(tracecore_gpusim::UUID_PREFIX));
    let (three, other) = open(Simulated { gpus: Some(3), seed: Some(2), ..Simulated::default() });
    assert_eq!(three, 3);
    assert_ne!(first, other, "another seed is another node");
}

#[test]
fn others_are_told_which_gpu_is_at_an_address() {
    let node = Node::new(2);
    let mut receiver = node.open();
    let identity = node.simulation().device_by_index(1).unwrap().identity().clone();
    let known = receiver.inventory().by_pci_address(&identity.pci_bus_id).unwrap();
    assert_eq!(known.uuid, identity.uuid);
    assert_eq!(known.model.as_deref(), Some("NVIDIA H100 80GB HBM3"));
    assert!(known.attributes.iter().any(|attribute| attribute.key == "hw.name"));
    // One that is lost stays known: what the kernel says of it comes then.
    node.control.lose(1).unwrap();
    receiver.tick().unwrap_err();
    receiver.discover().unwrap();
    assert_eq!(
        receiver.inventory().by_pci_address(&identity.pci_bus_id).map(|gpu| gpu.uuid),
        Some(identity.uuid)
    );
}
