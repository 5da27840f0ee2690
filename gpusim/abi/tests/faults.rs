// SPDX-License-Identifier: Apache-2.0
//! Every fault that can be scripted, as `nvml-wrapper` sees it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::{Node, wait_until};
use nvml_wrapper::bitmasks::InitFlags;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};
use tracecore_gpusim::{Function, SimError, Target};

fn celsius(device: &Device<'_>) -> Result<u32, NvmlError> {
    device.temperature(TemperatureSensor::Gpu)
}

#[test]
fn a_driver_that_is_not_loaded() {
    let node = Node::new(8);
    node.control().fail_init(Some(SimError::DRIVER_NOT_LOADED));
    assert!(matches!(node.try_load(), Err(NvmlError::DriverNotLoaded)));
    let builder = || {
        let mut builder = Nvml::builder();
        builder.lib_path(node.instance.library.as_os_str()).flags(InitFlags::NO_GPUS);
        builder.init()
    };
    assert!(matches!(builder(), Err(NvmlError::DriverNotLoaded)));
    node.control().fail_init(Some(SimError::NO_PERMISSION));
    assert!(matches!(node.try_load(), Err(NvmlError::NoPermission)));
    node.control().fail_init(None);
    assert_eq!(builder().unwrap().device_count().unwrap(), 8);
}

#[test]
fn a_call_that_fails_on_one_gpu() {
    let node = Node::new(2);
    let nvml = node.load();
    let devices = [nvml.device_by_index(0).unwrap(), nvml.device_by_index(1).unwrap()];
    let target = Target::call(Function::GetPowerUsage, 1);
    node.control().fail(target, SimError::NO_PERMISSION).unwrap();
    assert!(matches!(devices[1].power_usage(), Err(NvmlError::NoPermission)));
    assert!(devices[0].power_usage().is_ok() && celsius(&devices[1]).is_ok());
    node.control().clear(target).unwrap();
    assert!(devices[1].power_usage().is_ok());
}

#[test]
fn a_function_that_this_driver_does_not_support() {
    let node = Node::new(2);
    let nvml = node.load();
    let target = Target::function(Function::GetTotalEnergyConsumption);
    node.control().fail(target, SimError::NOT_SUPPORTED).unwrap();
    for index in 0..2 {
        let device = nvml.device_by_index(index).unwrap();
        assert!(matches!(device.total_energy_consumption(), Err(NvmlError::NotSupported)));
        assert!(device.power_usage().is_ok());
    }
}

#[test]
fn a_library_of_which_every_call_fails() {
    let node = Node::new(1);
    let nvml = node.load();
    node.control().fail(Target::everything(), SimError::LIB_RM_VERSION_MISMATCH).unwrap();
    assert!(matches!(nvml.device_count(), Err(NvmlError::LibRmVersionMismatch)));
    assert!(matches!(nvml.device_by_index(0), Err(NvmlError::LibRmVersionMismatch)));
    node.control().clear_all();
    assert_eq!(nvml.device_count().unwrap(), 1);
}

#[test]
fn a_code_that_no_header_lists() {
    let node = Node::new(1);
    let nvml = node.load();
    let strange = SimError::from_code(4711).unwrap();
    node.control().fail(Target::gpu(0), strange).unwrap();
    assert!(matches!(nvml.device_by_index(0), Err(NvmlError::UnexpectedVariant(4711))));
}

#[test]
fn a_gpu_that_falls_off_the_bus() {
    let node = Node::new(8);
    let nvml = node.load();
    let device = nvml.device_by_index(5).unwrap();
    node.control().lose(5).unwrap();
    assert!(matches!(device.utilization_rates(), Err(NvmlError::GpuLost)));
    assert!(matches!(device.memory_info(), Err(NvmlError::GpuLost)));
    assert!(matches!(nvml.device_by_index(5), Err(NvmlError::GpuLost)));
    assert_eq!(nvml.device_count().unwrap(), 8);
    assert!(celsius(&nvml.device_by_index(6).unwrap()).is_ok());
}

#[test]
fn a_gpu_that_appears_later_and_one_that_is_pulled() {
    let node = Node::new(7);
    let nvml = node.load();
    assert_eq!(nvml.device_count().unwrap(), 7);
    assert!(matches!(nvml.device_by_index(7), Err(NvmlError::InvalidArg)));
    node.control().set_gpus(8).unwrap();
    assert_eq!(nvml.device_count().unwrap(), 8);
    let late = nvml.device_by_index(7).unwrap();
    let uuid = late.uuid().unwrap();
    node.control().set_present(0, false).unwrap();
    assert_eq!(nvml.device_by_uuid(uuid).unwrap().index().unwrap(), 6);
    node.control().set_present(7, false).unwrap();
    assert!(matches!(late.power_usage(), Err(NvmlError::GpuLost)));
}

#[test]
fn a_call_that_takes_long() {
    let node = Node::new(1);
    let nvml = node.load();
    let device = nvml.device_by_index(0).unwrap();
    let target = Target::function(Function::GetTemperature);
    node.control().delay(target, Duration::from_millis(50)).unwrap();
    let start = Instant::now();
    assert!(celsius(&device).is_ok());
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[test]
fn a_call_that_hangs_on_one_gpu_and_leaves_the_others_alone() {
    let node = Node::new(8);
    let nvml = node.load();
    let target = Target::gpu(3);
    node.control().hang(target).unwrap();
    thread::scope(|scope| {
        let stuck = scope.spawn(|| nvml.device_by_index(3).and_then(|device| celsius(&device)));
        wait_until(|| node.control().hanging(target).unwrap() == 1);
        for index in [0, 1, 2, 4, 5, 6, 7] {
            assert!(celsius(&nvml.device_by_index(index).unwrap()).is_ok());
        }
        // Initialising again does not wait for it either.
        assert_eq!(node.load().device_count().unwrap(), 8);
        assert!(!stuck.is_finished());
        node.control().clear(target).unwrap();
        assert!(stuck.join().unwrap().is_ok());
    });
}

#[test]
fn an_initialisation_that_hangs() {
    let node = Node::new(1);
    let target = Target::function(Function::Init);
    node.control().hang(target).unwrap();
    thread::scope(|scope| {
        let stuck = scope.spawn(|| node.try_load().map(drop));
        wait_until(|| node.control().hanging(target).unwrap() == 1);
        assert!(!stuck.is_finished());
        node.control().clear(target).unwrap();
        assert!(stuck.join().unwrap().is_ok());
    });
}

#[test]
fn an_energy_counter_that_starts_again() {
    let node = Node::new(1);
    let nvml = node.load();
    let device = nvml.device_by_index(0).unwrap();
    assert!(device.total_energy_consumption().unwrap() > 0);
    node.control().reset_energy(0).unwrap();
    assert_eq!(device.total_energy_consumption().unwrap(), 0);
}

#[test]
fn calls_are_counted_by_function_and_gpu() {
    let node = Node::new(2);
    let nvml = node.load();
    let device = nvml.device_by_index(1).unwrap();
    for _ in 0..3 {
        device.power_usage().unwrap();
    }
    drop(nvml);
    let control = node.control();
    assert_eq!(control.calls_on(Function::GetPowerUsage, 1).unwrap(), 3);
    assert_eq!(control.calls_on(Function::GetPowerUsage, 0).unwrap(), 0);
    assert_eq!(control.calls(Function::Init), 1);
    assert_eq!(control.calls(Function::Shutdown), 1);
}
