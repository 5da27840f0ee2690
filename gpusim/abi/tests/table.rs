// SPDX-License-Identifier: Apache-2.0
//! The functions without a loaded library: threads with nodes of their own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "these calls go past the safe wrapper")]

use std::ptr::null_mut;
use std::thread;

use nvml_wrapper_sys::bindings::{NvmlLib, nvmlDevice_t};
use tracecore_gpusim::{Control, Function, Options, Simulation};
use tracecore_gpusim_nvml::{attach, table};

/// Calls an entry.
macro_rules! call {
    ($table:expr, $name:ident ( $($argument:expr),* )) => {{
        let entry = $table.$name.as_ref().unwrap();
        // SAFETY: each pointer is of a local of the right type.
        unsafe { entry($($argument),*) }
    }};
}

fn count(table: &NvmlLib) -> (u32, u32) {
    let mut count = 99;
    let code = call!(table, nvmlDeviceGetCount_v2(&mut count));
    (code, count)
}

fn node(gpus: u32) -> Simulation {
    Simulation::new(Options { gpus, ..Options::default() }).unwrap()
}

#[test]
fn every_function_is_in_the_table() {
    let table = table();
    let control = Control::in_memory(1, 1).unwrap();
    let _attachment = attach(Simulation::scripted(control.clone()));
    assert_eq!(call!(table, nvmlInit_v2()), 0);
    assert_eq!(control.calls(Function::Init), 1);
    assert!(table.nvmlUnitGetCount.is_err(), "what is not simulated is missing");
}

#[test]
fn each_thread_has_its_node() {
    let table = table();
    thread::scope(|scope| {
        for gpus in 1..6 {
            let table = &table;
            scope.spawn(move || {
                let attachment = attach(node(gpus));
                assert_eq!(count(table).0, 1, "not initialised");
                assert_eq!(call!(table, nvmlInit_v2()), 0);
                assert_eq!(count(table), (0, gpus));
                let mut device: nvmlDevice_t = null_mut();
                assert_eq!(call!(table, nvmlDeviceGetHandleByIndex_v2(gpus - 1, &mut device)), 0);
                let mut milliwatts = 0;
                for _ in 0..100 {
                    assert_eq!(call!(table, nvmlDeviceGetPowerUsage(device, &mut milliwatts)), 0);
                }
                drop(attachment);
                assert_eq!(count(table), (1, 99), "nobody's calls go nowhere");
            });
        }
    });
}

#[test]
fn attachments_of_one_thread_take_turns() {
    let table = table();
    let (one, two) = (attach(node(1)), attach(node(2)));
    assert_eq!(call!(table, nvmlInit_v2()), 0);
    assert_eq!(count(&table), (0, 2));
    one.resume();
    assert_eq!(count(&table).0, 1, "this one was not initialised");
    assert_eq!(call!(table, nvmlInit_v2()), 0);
    assert_eq!(count(&table), (0, 1));
    drop(two);
    assert_eq!(count(&table), (0, 1), "who is not current ends without taking the other's place");
    let moved = thread::scope(|scope| {
        scope
            .spawn(|| {
                one.resume();
                count(&table)
            })
            .join()
    });
    assert_eq!(moved.unwrap(), (0, 1));
}

#[test]
fn the_symbols_of_this_program_do_not_stand_in_for_a_driver() {
    let _table = table();
    // SAFETY: looks a name up in everything that this process has loaded.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"nvmlInit_v2".as_ptr()) };
    assert!(found.is_null(), "a library that is loaded later could bind to it");
}
