// SPDX-License-Identifier: Apache-2.0
//! Reading a value allocates nothing, rules or no rules.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tracecore_allocations::made;
use tracecore_gpusim::{ClockDomain, Control, EccError, Function, SampleKind, SimError, Simulation, Target};

#[test]
fn reading_allocates_nothing() {
    let control = Control::in_memory(8, 1).unwrap();
    let simulation = Simulation::scripted(control.clone());
    simulation.init().unwrap();
    let devices: Vec<_> = (0..8).map(|index| simulation.device_by_index(index).unwrap()).collect();
    control.fail(Target::gpu(3), SimError::GPU_IS_LOST).unwrap();

    let before = made();
    let mut failed = 0;
    for second in 1..20 {
        control.set_time(Some(Duration::from_secs(second)));
        assert_eq!(simulation.count(), Ok(8));
        for device in &devices {
            failed += u32::from(device.utilization().is_err());
            failed += u32::from(device.memory().is_err());
            failed += u32::from(device.power_usage().is_err());
            failed += u32::from(device.total_energy().is_err());
            failed += u32::from(device.clock(ClockDomain::Sm).is_err());
            failed += u32::from(device.field(82, 0).is_err());
            failed += u32::from(device.clock_reasons().is_err());
            let newest =
                device.call(Function::GetSamples, |view| Ok(view.samples(SampleKind::Power, 0)?.last()));
            failed += u32::from(newest.is_err());
            let errors =
                device.call(Function::GetTotalEccErrors, |view| view.ecc_total(EccError::Corrected, true));
            failed += u32::from(errors.is_err());
        }
    }
    let allocations = made() - before;
    assert_eq!((failed, allocations), (19 * 9, 0));
    drop(std::hint::black_box(Box::new(0)));
    assert!(made() > before, "the allocator does count");
}
