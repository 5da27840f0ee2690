// SPDX-License-Identifier: Apache-2.0
//! Faults of the whole driver, and how soon after their end data is fresh.
#![allow(clippy::print_stdout, reason = "how long a recovery took")]

use std::time::{Duration, Instant};

use tracecore_gpusim::{Function, Simulation, Target};

use super::page::Page;
use super::running::{LIMIT, Running};
use super::{LOOK, Node, STUCK, absent, as_simulated, each, errors, of};

/// From the end of a fault to data that is fresh: printed, since nobody else measures it.
fn recovered(what: &str, running: &Running, simulation: &Simulation, gpus: u32) {
    let start = Instant::now();
    running.until(what, |page| (0..gpus).all(|index| as_simulated(page, simulation, index)));
    println!("{what}: fresh after {:.2} s", start.elapsed().as_secs_f64());
}

#[test]
fn a_driver_that_is_unloaded_and_loaded_again_is_read_again() {
    let node = Node::new(2);
    let simulation = node.simulation();
    let running = Running::start(&node.library);
    let (page, _) = running.until("two GPUs", |page| page.gpus().len() == 2);
    let energy = |page: &Page| page.value("hw_energy_joules_total", &[("hw_name", "gpu 0")]);
    let before = energy(&page);

    node.control.unload_driver();
    let (page, _) = running.until("nothing is shown", |page| page.gpus().is_empty());
    assert!(page.find("tracecore_gpu_driver_info", &[]).is_empty(), "{}", page.text());
    running.until_own("it is told", |own| {
        errors(own, "connect") >= 1.0 && errors(own, "init") >= 1.0 && of(own, "series", "nvml") == 0.0
    });
    running.until_says("the NVIDIA driver is not loaded");
    assert_eq!((running.probe("/healthz"), running.probe("/readyz")), (200, 200));

    node.control.load_driver(Some("590.11.01"));
    simulation.shutdown().unwrap();
    simulation.init().unwrap();
    recovered("the driver is loaded again", &running, &simulation, 2);
    let page = running.page();
    assert_eq!(page.gpus(), node.gpus());
    let (id, version) = (("hw_name", "gpu 0"), ("hw_driver_version", "590.11.01"));
    assert!(page.get("tracecore_gpu_info", &[id, version]).is_some(), "{}", page.text());
    assert!(energy(&page) < before, "counted from the start of the driver: a reset, not a difference");
}

#[test]
fn all_gpus_are_lost_and_come_back() {
    let node = Node::new(3);
    let simulation = node.simulation();
    let running = Running::start(&node.library);
    running.until("three GPUs", |page| page.gpus().len() == 3);
    (0..3).for_each(|gpu| node.control.lose(gpu).unwrap());
    running.until("nothing is shown, not even how many there were", |page| {
        page.gpus().is_empty() && page.find("tracecore_gpu_count", &[]).is_empty()
    });
    let own = running.until_own("it is counted", |own| absent(own, "lost") >= each(3));
    assert!(errors(&own, "read") >= 3.0, "one for each");
    assert_eq!((running.probe("/healthz"), running.probe("/readyz")), (200, 200));
    (0..3).for_each(|gpu| node.control.clear(Target::gpu(gpu)).unwrap());
    recovered("all GPUs are back", &running, &simulation, 3);
    assert_eq!(running.page().gpus(), node.gpus());
}

#[test]
fn every_call_hangs_and_all_is_read_again_when_none_does() {
    let node = Node::new(2);
    let simulation = node.simulation();
    let running = Running::start(&node.library);
    running.until("two GPUs", |page| page.gpus().len() == 2);
    node.control.hang(Target::everything()).unwrap();
    running.until("no stale value is shown", |page| page.gpus().is_empty());
    let start = Instant::now();
    while start.elapsed() < STUCK + LOOK {
        assert_eq!(running.probe("/healthz"), 200, "everybody else goes on");
        std::thread::sleep(Duration::from_millis(500));
    }
    let own = running.own();
    assert!(of(&own, "stuck_since_unix_seconds", "nvml") > 1.7e9);
    let hanging: u32 = node.control.hanging(Target::everything()).unwrap();
    assert!(hanging <= 3, "{hanging} threads hang: one for each GPU and one that opens");
    node.control.clear_all();
    recovered("no call hangs", &running, &simulation, 2);
    assert_eq!(running.page().gpus(), node.gpus());
    running.until_own("no longer stuck", |own| of(own, "stuck_since_unix_seconds", "nvml") == 0.0);
}

#[test]
fn the_library_is_let_go_before_a_gpu_is_unbound_and_opened_again() {
    let node = Node::new(2);
    let simulation = node.simulation();
    let running = Running::start(&node.library);
    running.until("two GPUs", |page| page.gpus().len() == 2);
    let shut = node.control.calls(Function::Shutdown);
    let address = simulation.device_in_slot(1).unwrap().identity().pci;
    node.control.announce_unbind(address);
    running.until_says("let go of a GPU that is about to be unbound");
    let start = Instant::now();
    while node.control.calls(Function::Shutdown) == shut {
        assert!(start.elapsed() < LIMIT, "the library is not shut down");
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("shut down {:.3} s after it was told", start.elapsed().as_secs_f64());
    node.control.set_present(1, false).unwrap();
    let (page, took) = running.until("the other GPU", |page| page.gpus().len() == 1);
    assert_eq!(page.gpus(), node.gpus());
    println!("the other GPU: fresh after {:.2} s", took.as_secs_f64());
}

#[test]
fn a_uuid_that_changes_is_another_gpu() {
    let node = Node::new(2);
    let simulation = node.simulation();
    let running = Running::start(&node.library);
    let (page, _) = running.until("two GPUs", |page| page.gpus().len() == 2);
    let old = page.gpus();
    let uuid = node.uuid(1);
    node.control.change_uuid(1).unwrap();
    let (page, took) = running.until("the new UUID", |page| page.gpus() != old && page.gpus().len() == 2);
    println!("the new UUID: after {:.2} s", took.as_secs_f64());
    assert_eq!((page.gpus(), page.count(&uuid)), (node.gpus(), 0));
    recovered("the GPU that goes by another UUID", &running, &simulation, 2);
}
