// SPDX-License-Identifier: Apache-2.0
//! MIG: instances are devices of their own, come and go with their GPU's partition, and take
//! nothing from the other GPUs.

use tracecore_gpusim::{MigLayout, Profile};
use tracecore_runtime::testing::{Harness, Point};

use super::super::SimulatedNvml;
use super::{Node, each, points};

/// The instances that are shown: each by its own UUID, with its parent's.
fn instances(receiver: &Harness<SimulatedNvml>) -> Vec<Point> {
    let info = |point: &Point| point.name() == "tracecore.gpu.info" && point.attribute("hw.parent").is_some();
    receiver.points().into_iter().filter(info).collect()
}

fn sum(receiver: &Harness<SimulatedNvml>, name: &str, own: (&str, &str)) -> f64 {
    let of_instances = receiver.points().into_iter().filter(|point| {
        point.name() == name
            && point.attribute("hw.parent").is_some()
            && point.attribute(own.0).as_deref() == Some(own.1)
    });
    of_instances.map(|point| point.value).sum()
}

#[test]
fn each_instance_is_a_device_with_a_parent() {
    let node = Node::of(Profile::A100Mig, 2);
    let mut receiver = node.open();
    receiver.tick().unwrap();
    let instances = instances(&receiver);
    assert_eq!(instances.len(), 14, "seven on each GPU");
    let simulation = node.simulation();
    for (at, instance) in instances.iter().enumerate() {
        let gpu = simulation.device_in_slot(u32::try_from(at / 7).unwrap()).unwrap();
        assert_eq!(instance.attribute("hw.parent").as_deref(), Some(&*gpu.identity().uuid));
        let id = instance.attribute("hw.id").unwrap();
        assert!(id.starts_with("MIG-"), "{id}");
        let gpu_instance = instance.attribute("tracecore.gpu.mig.gpu_instance.id").unwrap();
        assert_eq!(gpu_instance, (7 + at % 7).to_string());
        assert_eq!(instance.attribute("tracecore.gpu.mig.compute_instance.id").unwrap(), "0");
        let name = format!("gpu {} gi {gpu_instance} ci 0", at / 7);
        assert_eq!(instance.attribute("hw.name").unwrap(), name);
        assert_eq!(instance.attribute("tracecore.gpu.mig.profile").as_deref(), Some("1g.5gb"));
        // What a GPU as a whole has is not counted again for its instances.
        let own = |name: &str| receiver.value(name, &[("hw.id", &id)]);
        assert_eq!(own("hw.power"), None);
        assert!(own("hw.gpu.memory.limit").unwrap() > 4e9);
        assert!(own("tracecore.gpu.mig.multiprocessors").unwrap() > 0.0);
    }
    assert_eq!(sum(&receiver, "tracecore.gpu.mig.slices", ("tracecore.gpu.mig.part", "gpu_instance")), 14.0);
    // A GPU that is divided does not say how busy it is; it draws power all the same.
    let uuid = simulation.device_in_slot(0).unwrap().identity().uuid.clone();
    let of_gpu = |name: &str| receiver.value(name, &[("hw.id", &uuid)]);
    assert_eq!(of_gpu("tracecore.gpu.memory.activity"), None);
    assert!(of_gpu("hw.power").is_some());
    assert_eq!(of_gpu("hw.gpu.memory.limit").map(|bytes| bytes > 3e10), Some(true));
}

#[test]
fn mig_is_turned_on_and_off_and_divided_differently_without_a_restart() {
    let node = Node::new(2);
    let mut receiver = node.open();
    receiver.tick().unwrap();
    assert_eq!((instances(&receiver).len(), points(&receiver)), (0, 2 * each()));

    // On: what the GPU supported it does not any more, which is one failure; then it begins anew.
    node.control.set_mig(1, MigLayout::Mixed).unwrap();
    let fault = receiver.tick().unwrap_err();
    super::says(&fault, &["gpu 1", "not supported"]);
    assert!(receiver.wants_discovery());
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!(instances(&receiver).len(), 4);
    let memory = |receiver: &Harness<_>| sum(receiver, "hw.gpu.memory.limit", ("hw.vendor", "NVIDIA"));
    assert!(memory(&receiver) > 6e10);
    let mode = [("tracecore.gpu.mode", "current"), ("hw.name", "gpu 1")];
    assert_eq!(receiver.value("tracecore.gpu.mig.enabled", &mode), Some(1.0));

    // Divided differently: instances that are gone end, and are no failure of their GPU.
    node.control.set_mig(1, MigLayout::Sevenths).unwrap();
    receiver.tick().unwrap();
    assert_eq!(instances(&receiver).len(), 0, "no value of an instance that is gone");
    assert!(receiver.wants_discovery());
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!(instances(&receiver).len(), 7);

    // On, and not divided; then off.
    node.control.set_mig(1, MigLayout::Empty).unwrap();
    receiver.tick().unwrap();
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!(instances(&receiver).len(), 0);
    node.control.set_mig(1, MigLayout::Off).unwrap();
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!(points(&receiver), 2 * each(), "all that it had before");
    assert_eq!(receiver.series(), 2 * each() + super::HOST, "and no series that nobody sets");
    assert_eq!(receiver.refused(), []);
}

#[test]
fn a_gpu_that_is_lost_takes_its_instances_along() {
    let node = Node::of(Profile::A100Mig, 2);
    let mut receiver = node.open();
    receiver.tick().unwrap();
    let all = receiver.series();
    node.control.lose(0).unwrap();
    receiver.tick().unwrap_err();
    assert_eq!(instances(&receiver).len(), 7);
    receiver.discover().unwrap();
    assert_eq!(receiver.series() - super::HOST, (all - super::HOST) / 2);
    node.control.clear_all();
    receiver.discover().unwrap();
    receiver.tick().unwrap();
    assert_eq!((instances(&receiver).len(), receiver.series()), (14, all));
}
