// SPDX-License-Identifier: Apache-2.0
//! No call that a collector makes each tick allocates anything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "calls are C")]

use std::ptr::null_mut;
use std::time::Duration;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlEventData_t, nvmlFieldValue_t, nvmlProcessInfo_t, nvmlSample_t, nvmlUtilization_t,
    nvmlValue_t, nvmlViolationTime_t,
};
use tracecore_allocations::made;
use tracecore_gpusim::{Control, EccError, EccLocation, MigLayout, Simulation, Target, kind};
use tracecore_gpusim_nvml::{attach, table};

/// Calls an entry.
macro_rules! call {
    ($table:ident . $name:ident ( $($argument:expr),* )) => {{
        let entry = $table.$name.as_ref().unwrap();
        // SAFETY: each pointer is of a local of the right type and length.
        unsafe { entry($($argument),*) }
    }};
}

#[test]
fn a_tick_of_calls_allocates_nothing() {
    let control = Control::in_memory(4, 1).unwrap();
    let _attachment = attach(Simulation::scripted(control.clone()));
    let table = table();
    assert_eq!(call!(table.nvmlInit_v2()), 0);
    let mut gpus: [nvmlDevice_t; 4] = [null_mut(); 4];
    for (index, gpu) in (0..).zip(&mut gpus) {
        assert_eq!(call!(table.nvmlDeviceGetHandleByIndex_v2(index, gpu)), 0);
    }
    control.set_mig(1, MigLayout::Sevenths).unwrap();
    control.lose(3).unwrap();
    let (mut mig, mut set, mut sample) = (null_mut(), null_mut(), null_mut());
    assert_eq!(call!(table.nvmlDeviceGetMigDeviceHandleByIndex(gpus[1], 6, &mut mig)), 0);
    assert_eq!(call!(table.nvmlEventSetCreate(&mut set)), 0);
    assert_eq!(call!(table.nvmlDeviceRegisterEvents(gpus[0], kind::XID, set)), 0);
    assert_eq!(call!(table.nvmlGpmSampleAlloc(&mut sample)), 0);

    // SAFETY: numbers and pointers, for which zeros are valid.
    let (mut busy, mut held, mut event): (nvmlUtilization_t, nvmlViolationTime_t, nvmlEventData_t) =
        unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let mut processes: [nvmlProcessInfo_t; 8] = unsafe { std::mem::zeroed() };
    let mut samples = [nvmlSample_t { timeStamp: 0, sampleValue: nvmlValue_t { ullVal: 0 } }; 120];
    // SAFETY: as above.
    let mut fields: [nvmlFieldValue_t; 40] = unsafe { std::mem::zeroed() };
    for (field, id) in
        fields.iter_mut().zip([82, 83, 74, 138, 139, 142, 161, 164, 185, 186, 230, 269].iter().cycle())
    {
        field.fieldId = *id;
    }

    let before = made();
    let (mut calls, mut answered) = (0, 0);
    for second in 1..20 {
        control.set_time(Some(Duration::from_secs(second)));
        control.xid(0, 13, None).unwrap();
        control.inject_ecc(0, EccError::Corrected, EccLocation::Dram, 1).unwrap();
        for gpu in gpus.into_iter().chain([mig]) {
            let (mut number, mut long, mut kind, mut count) = (0, 0, 0, 120);
            let mut many = 8;
            for code in [
                call!(table.nvmlDeviceGetUtilizationRates(gpu, &mut busy)),
                call!(table.nvmlDeviceGetPowerUsage(gpu, &mut number)),
                call!(table.nvmlDeviceGetTotalEccErrors(gpu, 0, 1, &mut long)),
                call!(table.nvmlDeviceGetViolationStatus(gpu, 0, &mut held)),
                call!(table.nvmlDeviceGetCurrentClocksEventReasons(gpu, &mut long)),
                call!(table.nvmlDeviceGetFieldValues(gpu, 40, fields.as_mut_ptr())),
                call!(table.nvmlDeviceGetSamples(gpu, 0, 0, &mut kind, &mut count, samples.as_mut_ptr())),
                call!(table.nvmlDeviceGetNvLinkState(gpu, 3, &mut number)),
                call!(table.nvmlDeviceGetComputeRunningProcesses_v3(gpu, &mut many, processes.as_mut_ptr())),
                call!(table.nvmlGpmSampleGet(gpu, sample)),
                call!(table.nvmlEventSetWait_v2(set, &mut event, 0)),
            ] {
                calls += 1;
                answered += u32::from(code == 0);
            }
        }
    }
    let allocations = made() - before;
    assert_eq!((calls, allocations), (19 * 5 * 11, 0));
    assert!(answered > calls / 2, "{answered} of {calls}: the lost one and the instance say little");
    control.clear(Target::gpu(3)).unwrap();
    assert_eq!(call!(table.nvmlGpmSampleFree(sample)), 0);
    drop(std::hint::black_box(Box::new(0)));
    assert!(made() > before, "the allocator does count");
}
