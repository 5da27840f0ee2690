// SPDX-License-Identifier: Apache-2.0
//! What holds the clocks down shows in reasons, in times, in fields and in the clocks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

#[macro_use]
mod common;

use common::Node;
use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t, nvmlFieldValue_t, nvmlValue_t, nvmlViolationTime_t};
use tracecore_gpusim::{Profile, Setup, SimError, reason};

fn reasons(library: &NvmlLib, gpu: nvmlDevice_t) -> u64 {
    let (mut new, mut old) = (0, 1);
    assert_eq!(call!(library.nvmlDeviceGetCurrentClocksEventReasons(gpu, &mut new)), 0);
    assert_eq!(call!(library.nvmlDeviceGetCurrentClocksThrottleReasons(gpu, &mut old)), 0);
    assert_eq!(new, old);
    new
}

fn held(library: &NvmlLib, gpu: nvmlDevice_t, policy: u32) -> nvmlViolationTime_t {
    let mut time = nvmlViolationTime_t { referenceTime: 0, violationTime: 0 };
    assert_eq!(call!(library.nvmlDeviceGetViolationStatus(gpu, policy, &mut time)), 0);
    time
}

fn field(library: &NvmlLib, gpu: nvmlDevice_t, id: u32) -> Result<u64, u32> {
    let mut value = nvmlFieldValue_t {
        fieldId: id,
        scopeId: 0,
        timestamp: 0,
        latencyUsec: 0,
        valueType: 0,
        nvmlReturn: 0,
        value: nvmlValue_t { ullVal: 0 },
    };
    assert_eq!(call!(library.nvmlDeviceGetFieldValues(gpu, 1, &mut value)), 0);
    // SAFETY: all eight bytes are written.
    if value.nvmlReturn == 0 { Ok(unsafe { value.value.ullVal }) } else { Err(value.nvmlReturn) }
}

fn clock(library: &NvmlLib, gpu: nvmlDevice_t) -> u32 {
    let mut mhz = 0;
    assert_eq!(call!(library.nvmlDeviceGetClockInfo(gpu, 1, &mut mhz)), 0);
    mhz
}

#[test]
fn a_lower_power_limit_holds_the_clocks_down() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let (mut limit, mut power) = (0, 0);
    // Until the GPU works: its work changes within two minutes.
    let busy = (20..400).find(|second| {
        node.at(*second);
        assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), 0);
        power > 400_000
    });
    let busy = busy.unwrap();
    node.control().set_power_limit(0, Some(300_000)).unwrap();
    let before = held(&library, gpu, 0);
    node.at(busy + 5);
    assert_eq!(call!(library.nvmlDeviceGetEnforcedPowerLimit(gpu, &mut limit)), 0);
    assert_eq!(call!(library.nvmlDeviceGetPowerUsage(gpu, &mut power)), 0);
    assert_eq!(limit, 300_000);
    assert!((250_000..=310_000).contains(&power), "{power}");
    assert_ne!(reasons(&library, gpu) & reason::SW_POWER_CAP, 0);
    assert!(clock(&library, gpu) < 1980);
    let after = held(&library, gpu, 0);
    let (grown, passed) =
        (after.violationTime - before.violationTime, (after.referenceTime - before.referenceTime) * 1000);
    assert!(grown > passed / 2 && grown <= passed, "{grown} ns of {passed} ns");
    assert_eq!(field(&library, gpu, 74), Ok(after.violationTime), "the field is the same");
}

#[test]
fn heat_slows_down_by_software_then_by_hardware() {
    let node = Node::new(2);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().heat(0, 70).unwrap();
    let (mut software, mut hardware, mut hottest) = (false, false, 0);
    for second in 21..200 {
        node.at(second);
        let mut celsius = 0;
        assert_eq!(call!(library.nvmlDeviceGetTemperature(gpu, 0, &mut celsius)), 0);
        hottest = hottest.max(celsius);
        let now = reasons(&library, gpu);
        software |= now & reason::SW_THERMAL != 0;
        if now & reason::HW_THERMAL != 0 {
            hardware = true;
            assert!(now & reason::HW_SLOWDOWN != 0 && celsius >= 88, "{now:#x} at {celsius}");
        }
    }
    assert!(software && hardware, "up to {hottest} degrees");
    assert!(held(&library, gpu, 1).violationTime > 0);
    // From 580.82 on drivers number these fields 269 and 270; 251 is something else.
    assert!(field(&library, gpu, 269).unwrap() > 0 && field(&library, gpu, 270).unwrap() > 0);
    assert_eq!(field(&library, gpu, 251), Err(SimError::NOT_SUPPORTED.code()));
    let other = node.handle(&library, 1);
    assert_eq!(reasons(&library, other) & (reason::SW_THERMAL | reason::HW_THERMAL), 0);
}

#[test]
fn older_drivers_number_the_fields_differently() {
    let node = Node::of(Setup::new(1, 1).profile(Profile::L40s));
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let not_supported = Err(SimError::NOT_SUPPORTED.code());
    assert_eq!(field(&library, gpu, 82), not_supported, "no sensor in the memory");
    // 550 knows no times but those of policies; 570 has something else at 251.
    assert_eq!((field(&library, gpu, 251), field(&library, gpu, 269)), (not_supported, not_supported));
    assert!(field(&library, gpu, 74).is_ok());
    // The version that is loaded decides, not the kind of board.
    for (version, thermal, other) in
        [("570.172.08", None, 251), ("575.51.02", Some(251), 269), ("580.95.05", Some(269), 251)]
    {
        node.control().load_driver(Some(version));
        assert_eq!(call!(library.nvmlShutdown()), 0);
        assert_eq!(call!(library.nvmlInit_v2()), 0);
        assert!(thermal.is_none_or(|thermal| field(&library, gpu, thermal).is_ok()), "{version}");
        assert_eq!(field(&library, gpu, other), not_supported, "{version}");
    }
}

#[test]
fn the_power_brake_halves_the_clock_at_once() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    node.control().power_brake(0, true).unwrap();
    node.at(21);
    assert_eq!(reasons(&library, gpu) & 0x88, reason::HW_POWER_BRAKE | reason::HW_SLOWDOWN);
    assert!(clock(&library, gpu) <= 1170);
    let engaged = field(&library, gpu, 271).unwrap();
    assert_eq!(engaged, 1_000_000_000);
    node.control().power_brake(0, false).unwrap();
    node.at(22);
    assert_eq!(reasons(&library, gpu) & 0x88, 0);
    assert_eq!(field(&library, gpu, 271), Ok(engaged), "it has stopped growing");
}

#[test]
fn what_is_told_is_what_can_be_told() {
    let node = Node::new(1);
    let library = node.symbols();
    let gpu = node.handle(&library, 0);
    let mut supported = 0;
    assert_eq!(call!(library.nvmlDeviceGetSupportedClocksEventReasons(gpu, &mut supported)), 0);
    for second in 20..120 {
        node.at(second);
        assert_eq!(reasons(&library, gpu) & !supported, 0);
    }
    let mut time = nvmlViolationTime_t { referenceTime: 0, violationTime: 0 };
    let code = call!(library.nvmlDeviceGetViolationStatus(gpu, 12, &mut time));
    assert_eq!(code, SimError::INVALID_ARGUMENT.code());
}
