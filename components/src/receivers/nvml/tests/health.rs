// SPDX-License-Identifier: Apache-2.0
//! What is the matter with a GPU: errors, repairs, heat, recovery, and the one word for it.

use std::time::Duration;

use tracecore_gpusim::{Counter, EccError, EccLocation, Profile};
use tracecore_runtime::testing::Harness;

use super::super::SimulatedNvml;
use super::Node;

const FIRST: (&str, &str) = ("hw.name", "gpu 0");
const SECOND: (&str, &str) = ("hw.name", "gpu 1");

/// The one state that is 1.
fn status(receiver: &Harness<SimulatedNvml>, gpu: (&str, &str)) -> String {
    let states: Vec<_> = receiver
        .points()
        .into_iter()
        .filter(|point| point.name() == "hw.status" && point.attribute("hw.name").as_deref() == Some(gpu.1))
        .collect();
    assert_eq!(states.len(), 4);
    let mut on = states.iter().filter(|point| point.value != 0.0);
    let state = on.next().and_then(|point| point.attribute("hw.state"));
    assert!(on.next().is_none(), "one state at a time");
    state.unwrap()
}

fn tick(receiver: &mut Harness<SimulatedNvml>) {
    receiver.tick().unwrap();
    assert_eq!(status(receiver, SECOND), "ok", "whatever happens to the other");
}

#[test]
fn memory_errors_are_counted_by_kind_and_place() {
    let node = Node::new(2);
    let mut receiver = node.open();
    tick(&mut receiver);
    let count = |receiver: &Harness<_>, name: &str, own: &[(&str, &str)]| {
        let mut attributes = vec![FIRST];
        attributes.extend(own);
        receiver.value(name, &attributes).unwrap_or_else(|| panic!("no {name} {own:?}"))
    };
    let corrected = ("error.type", "corrected");
    let now = ("tracecore.gpu.ecc.counter", "volatile");
    let ever = ("tracecore.gpu.ecc.counter", "aggregate");
    let before = count(&receiver, "hw.errors", &[corrected]);
    let before_now = count(&receiver, "tracecore.gpu.ecc.errors", &[corrected, now]);
    node.control.inject_ecc(0, EccError::Corrected, EccLocation::Dram, 7).unwrap();
    tick(&mut receiver);
    assert_eq!(count(&receiver, "hw.errors", &[corrected]), before + 7.0);
    assert_eq!(count(&receiver, "tracecore.gpu.ecc.errors", &[corrected, ever]), before + 7.0);
    assert_eq!(count(&receiver, "tracecore.gpu.ecc.errors", &[corrected, now]), before_now + 7.0);
    let memory = ("tracecore.gpu.ecc.location", "device_memory");
    assert!(count(&receiver, "tracecore.gpu.ecc.location.errors", &[corrected, now, memory]) >= 7.0);
    assert_eq!(status(&receiver, FIRST), "ok", "what was corrected is no trouble");

    // A driver that was loaded again counts from zero: shown as it is, not as a difference.
    node.control.set_back(0, Counter::EccErrors, 5).unwrap();
    tick(&mut receiver);
    assert_eq!(count(&receiver, "tracecore.gpu.ecc.errors", &[corrected, now]), before_now + 2.0);
}

#[test]
fn repairs_that_wait_or_fail_are_told_and_make_the_status() {
    let node = Node::new(2);
    let mut receiver = node.open();
    tick(&mut receiver);
    let value = |receiver: &Harness<_>, name: &str| receiver.value(name, &[FIRST]);
    assert_eq!(
        (status(&receiver, FIRST).as_str(), value(&receiver, "tracecore.gpu.remapped_rows.failed")),
        ("ok", Some(0.0))
    );
    node.control.set_remapped_rows(0, 3, 1, true, false).unwrap();
    tick(&mut receiver);
    assert_eq!(value(&receiver, "tracecore.gpu.remapped_rows.pending"), Some(1.0));
    let rows = |kind| receiver.value("tracecore.gpu.remapped_rows", &[FIRST, ("error.type", kind)]);
    assert_eq!((rows("corrected"), rows("uncorrected")), (Some(3.0), Some(1.0)));
    assert_eq!(status(&receiver, FIRST), "predicted_failure");
    node.control.set_remapped_rows(0, 3, 1, false, true).unwrap();
    tick(&mut receiver);
    assert_eq!(value(&receiver, "tracecore.gpu.remapped_rows.failed"), Some(1.0));
    assert_eq!(status(&receiver, FIRST), "failed");
    node.control.set_remapped_rows(0, 3, 1, false, false).unwrap();
    tick(&mut receiver);
    assert_eq!(status(&receiver, FIRST), "ok");
}

#[test]
fn the_action_that_the_driver_asks_for_is_told() {
    let node = Node::new(2);
    let mut receiver = node.open();
    for (number, action, state) in [
        (0, "none", "ok"),
        (1, "gpu_reset", "failed"),
        (2, "node_reboot", "failed"),
        (3, "drain_p2p", "failed"),
        (4, "drain_and_reset", "failed"),
    ] {
        node.control.set_recovery_action(0, number).unwrap();
        tick(&mut receiver);
        for other in ["none", "gpu_reset", "node_reboot", "drain_p2p", "drain_and_reset"] {
            let own = [FIRST, ("tracecore.gpu.action", other)];
            let expected = f64::from(u8::from(other == action));
            assert_eq!(receiver.value("tracecore.gpu.recovery_action", &own), Some(expected), "{other}");
        }
        assert_eq!(status(&receiver, FIRST), state);
    }
    // An action of a newer driver is none of those, and no good sign.
    node.control.set_recovery_action(0, 9).unwrap();
    tick(&mut receiver);
    assert_eq!(status(&receiver, FIRST), "failed");
}

#[test]
fn a_gpu_that_is_held_back_is_degraded_and_says_why() {
    let node = Node::new(2);
    let mut receiver = node.open();
    tick(&mut receiver);
    let active = |receiver: &Harness<_>, reason| {
        receiver
            .value("tracecore.gpu.clock.event.active", &[FIRST, ("tracecore.gpu.clock.event.reason", reason)])
    };
    assert_eq!(active(&receiver, "hw_power_brake"), Some(0.0));
    node.control.power_brake(0, true).unwrap();
    node.control.set_time(Some(Duration::from_secs(45)));
    tick(&mut receiver);
    assert_eq!(active(&receiver, "hw_power_brake"), Some(1.0));
    assert_eq!(status(&receiver, FIRST), "degraded");
    let held = receiver.value(
        "tracecore.gpu.clock.event.time",
        &[FIRST, ("tracecore.gpu.clock.event.reason", "hw_power_brake")],
    );
    assert!(held.unwrap() > 1.0 && held.unwrap() < 6.0, "{held:?} s of the five");
    node.control.power_brake(0, false).unwrap();
    node.control.set_time(Some(Duration::from_secs(50)));
    tick(&mut receiver);
    assert_eq!(status(&receiver, FIRST), "ok");
}

#[test]
fn pages_are_retired_where_rows_cannot_be_remapped() {
    let node = Node::of(Profile::Old, 2);
    let mut receiver = node.open();
    node.control.set_retired_pages(0, 2, 1, true).unwrap();
    tick(&mut receiver);
    let pages = |cause| {
        receiver.value("tracecore.gpu.retired_pages", &[FIRST, ("tracecore.gpu.retired_pages.cause", cause)])
    };
    assert_eq!((pages("single_bit"), pages("double_bit")), (Some(2.0), Some(1.0)));
    assert_eq!(receiver.value("tracecore.gpu.retired_pages.pending", &[FIRST]), Some(1.0));
    assert_eq!(receiver.value("tracecore.gpu.remapped_rows.pending", &[FIRST]), None);
    assert_eq!(status(&receiver, FIRST), "predicted_failure");
}

#[test]
fn the_fabric_tells_how_far_joining_has_come() {
    let node = Node::new(2);
    let mut receiver = node.open();
    tick(&mut receiver);
    let state = |receiver: &Harness<_>, state| {
        receiver.value("tracecore.gpu.fabric.state", &[FIRST, ("tracecore.gpu.state", state)])
    };
    assert_eq!(state(&receiver, "completed"), Some(1.0));
    assert_eq!(receiver.value("tracecore.gpu.fabric.info", &[FIRST]), Some(1.0));
    node.control.set_fabric_state(0, 2).unwrap();
    tick(&mut receiver);
    assert_eq!((state(&receiver, "completed"), state(&receiver, "in_progress")), (Some(0.0), Some(1.0)));
    assert_eq!(
        receiver.value("tracecore.gpu.fabric.info", &[FIRST]),
        None,
        "what it had joined is not shown"
    );
    receiver.discover().unwrap();
    node.control.set_fabric_state(0, 3).unwrap();
    receiver.discover().unwrap();
    tick(&mut receiver);
    assert_eq!(receiver.value("tracecore.gpu.fabric.info", &[FIRST]), Some(1.0));
}

#[test]
fn a_link_that_goes_down_and_its_errors_are_of_that_link() {
    let node = Node::new(2);
    let mut receiver = node.open();
    tick(&mut receiver);
    let of = |receiver: &Harness<_>, name, link: &str, own: &[(&str, &str)]| {
        let mut attributes = vec![FIRST, ("tracecore.gpu.nvlink.link", link)];
        attributes.extend(own);
        receiver.value(name, &attributes).unwrap()
    };
    assert_eq!(of(&receiver, "tracecore.gpu.nvlink.up", "5", &[]), 1.0);
    let replays = [("error.type", "replay")];
    let before = of(&receiver, "tracecore.gpu.nvlink.errors", "4", &replays);
    node.control.set_link(0, 5, false).unwrap();
    node.control.inject_link_errors(0, 4, tracecore_gpusim::LinkError::Replay, 3).unwrap();
    tick(&mut receiver);
    assert_eq!(of(&receiver, "tracecore.gpu.nvlink.up", "5", &[]), 0.0);
    assert_eq!(of(&receiver, "tracecore.gpu.nvlink.up", "4", &[]), 1.0);
    assert_eq!(of(&receiver, "tracecore.gpu.nvlink.errors", "4", &replays), before + 3.0);
    assert!(of(&receiver, "tracecore.gpu.nvlink.speed", "4", &[]) > 1e10);
    assert!(of(&receiver, "tracecore.gpu.nvlink.io", "4", &[("network.io.direction", "transmit")]) > 0.0);
}
