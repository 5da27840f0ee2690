// SPDX-License-Identifier: Apache-2.0
//! `nvml-wrapper` reads the simulated GPUs as it reads real ones, and both doors agree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::Node;
use nvml_wrapper::enum_wrappers::device::{
    Brand, Clock, ComputeMode, PerformanceState, TemperatureSensor, TemperatureThreshold,
};
use nvml_wrapper::enums::device::{DeviceArchitecture, SampleValue};
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::structs::device::FieldId;
use tracecore_gpusim::{ClockDomain, Control, H100_SXM5, Simulation, Threshold, UUID_PREFIX};

/// The Rust door to the same node.
fn rust_door(control: &Control) -> Simulation {
    let simulation = Simulation::scripted(control.clone());
    simulation.init().unwrap();
    simulation
}

#[test]
fn the_system_has_versions_and_eight_gpus() {
    let node = Node::new(8);
    let nvml = node.load();
    assert_eq!(nvml.device_count().unwrap(), 8);
    assert_eq!(nvml.sys_driver_version().unwrap(), "580.95.05");
    assert_eq!(nvml.sys_nvml_version().unwrap(), "13.580.95.05");
    assert_eq!(nvml.sys_cuda_driver_version().unwrap(), 13_000);
}

#[test]
fn a_gpu_has_its_names() {
    let node = Node::new(8);
    let nvml = node.load();
    let rust = rust_door(node.control());
    for index in 0..8 {
        let device = nvml.device_by_index(index).unwrap();
        let expected = rust.device_by_index(index).unwrap();
        let identity = expected.identity();
        assert_eq!(device.uuid().unwrap(), identity.uuid);
        assert!(identity.uuid.starts_with(UUID_PREFIX));
        assert_eq!(device.serial().unwrap(), identity.serial);
        assert_eq!(device.minor_number().unwrap(), index);
        assert_eq!(device.index().unwrap(), index);
        assert_eq!(device.name().unwrap(), "NVIDIA H100 80GB HBM3");
        assert_eq!(device.vbios_version().unwrap(), "96.00.A5.00.01");
        assert_eq!(device.brand().unwrap(), Brand::Nvidia);
        assert_eq!(device.architecture().unwrap(), DeviceArchitecture::Hopper);
        let capability = device.cuda_compute_capability().unwrap();
        assert_eq!((capability.major, capability.minor), (9, 0));
        let pci = device.pci_info().unwrap();
        assert_eq!(pci.bus_id, identity.pci_bus_id);
        assert_eq!((pci.domain, pci.bus, pci.device), (0, identity.pci.bus, 0));
        assert_eq!(pci.pci_device_id, 0x2330_10DE);

        let same = nvml.device_by_uuid(identity.uuid.as_str()).unwrap();
        assert_eq!(same.index().unwrap(), index);
        let same = nvml.device_by_pci_bus_id(identity.pci_bus_id.as_str()).unwrap();
        assert_eq!(same.index().unwrap(), index);
    }
    assert!(matches!(nvml.device_by_index(8), Err(NvmlError::InvalidArg)));
    assert!(matches!(nvml.device_by_uuid("GPU-nobody"), Err(NvmlError::NotFound)));
}

#[test]
fn values_are_those_of_the_rust_door() {
    let node = Node::new(8);
    let nvml = node.load();
    let rust = rust_door(node.control());
    for (index, second) in (0..8).zip((20..).step_by(17)) {
        node.control().set_time(Some(Duration::from_secs(second)));
        let device = nvml.device_by_index(index).unwrap();
        let expected = rust.device_by_index(index).unwrap();

        let busy = device.utilization_rates().unwrap();
        let expected_busy = expected.utilization().unwrap();
        assert_eq!((busy.gpu, busy.memory), (expected_busy.gpu, expected_busy.memory));
        let encoder = device.encoder_utilization().unwrap();
        assert_eq!(encoder.utilization, expected.encoder_utilization().unwrap());
        assert_eq!(encoder.sampling_period, 167_000);
        let decoder = device.decoder_utilization().unwrap();
        assert_eq!(decoder.utilization, expected.decoder_utilization().unwrap());

        let memory = device.memory_info().unwrap();
        let expected_memory = expected.memory().unwrap();
        assert_eq!(memory.total, 81_559 << 20);
        assert_eq!((memory.used, memory.free), (expected_memory.used, expected_memory.free));
        assert_eq!(memory.used + memory.free + memory.reserved, memory.total);

        assert_eq!(device.power_usage().unwrap(), expected.power_usage().unwrap());
        assert_eq!(device.total_energy_consumption().unwrap(), expected.total_energy().unwrap());
        let celsius = device.temperature(TemperatureSensor::Gpu).unwrap();
        assert_eq!(celsius, expected.temperature().unwrap());
        for (theirs, ours) in [
            (Clock::Graphics, ClockDomain::Graphics),
            (Clock::SM, ClockDomain::Sm),
            (Clock::Memory, ClockDomain::Memory),
            (Clock::Video, ClockDomain::Video),
        ] {
            assert_eq!(device.clock_info(theirs).unwrap(), expected.clock(ours).unwrap());
            assert_eq!(device.max_clock_info(theirs).unwrap(), expected.max_clock(ours).unwrap());
        }
    }
}

#[test]
fn limits_and_modes_are_the_boards() {
    let node = Node::new(1);
    let nvml = node.load();
    let device = nvml.device_by_index(0).unwrap();
    assert_eq!(device.enforced_power_limit().unwrap(), H100_SXM5.power_limit_mw);
    assert_eq!(device.power_management_limit().unwrap(), 700_000);
    assert_eq!(device.power_management_limit_default().unwrap(), 700_000);
    let constraints = device.power_management_limit_constraints().unwrap();
    assert_eq!((constraints.min_limit, constraints.max_limit), (200_000, 700_000));
    let rust = rust_door(node.control()).device_by_index(0).unwrap();
    for (theirs, ours) in [
        (TemperatureThreshold::Shutdown, Threshold::Shutdown),
        (TemperatureThreshold::Slowdown, Threshold::Slowdown),
        (TemperatureThreshold::MemoryMax, Threshold::MemoryMax),
        (TemperatureThreshold::GpuMax, Threshold::GpuMax),
    ] {
        let celsius = device.temperature_threshold(theirs).unwrap();
        assert_eq!(celsius, rust.temperature_threshold(ours).unwrap());
    }
    assert_eq!(device.performance_state().unwrap(), PerformanceState::Zero);
    assert!(device.is_in_persistent_mode().unwrap());
    assert_eq!(device.compute_mode().unwrap(), ComputeMode::Default);
}

#[test]
fn fields_come_with_a_code_of_their_own() {
    let node = Node::new(1);
    let nvml = node.load();
    let device = nvml.device_by_index(0).unwrap();
    let rust = rust_door(node.control()).device_by_index(0).unwrap();
    // Memory temperature, energy, and one that is not simulated.
    let values = device.field_values_for(&[FieldId(82), FieldId(83), FieldId(160)]).unwrap();
    let values: Vec<_> = values.into_iter().map(|value| value.unwrap()).collect();
    assert!(values[0].timestamp > 1_600_000_000_000_000, "microseconds since 1970");
    match values[0].value.as_ref().unwrap() {
        SampleValue::U32(celsius) => assert_eq!(*celsius, rust.memory_temperature().unwrap()),
        other => panic!("memory temperature is {other:?}"),
    }
    match values[1].value.as_ref().unwrap() {
        SampleValue::U64(energy) => assert_eq!(*energy, rust.total_energy().unwrap()),
        other => panic!("energy is {other:?}"),
    }
    assert!(matches!(values[2].value, Err(NvmlError::NotSupported)));
    assert!(matches!(device.field_values_for(&[]), Err(NvmlError::InvalidArg)));
}

#[test]
fn what_the_board_lacks_is_not_supported() {
    let node = Node::new(1);
    let nvml = node.load();
    let device = nvml.device_by_index(0).unwrap();
    assert!(matches!(device.fan_speed(0), Err(NvmlError::NotSupported)));
    assert_eq!(device.num_fans().unwrap(), 0);
    let acoustic = device.temperature_threshold(TemperatureThreshold::AcousticMin);
    assert!(matches!(acoustic, Err(NvmlError::NotSupported)));
}

#[test]
fn what_is_not_simulated_is_a_missing_symbol() {
    let node = Node::new(1);
    let nvml = node.load();
    assert!(matches!(nvml.unit_count(), Err(NvmlError::FailedToLoadSymbol(_))));
}

#[test]
fn a_library_that_is_loaded_again_begins_again() {
    let node = Node::new(2);
    let first = node.load().device_by_index(1).unwrap().uuid().unwrap();
    assert_eq!(node.load().device_by_index(1).unwrap().uuid().unwrap(), first);
}
