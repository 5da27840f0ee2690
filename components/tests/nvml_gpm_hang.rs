// SPDX-License-Identifier: Apache-2.0
//! A call of GPM that never returns: no second thread goes into it, and nothing but GPM is
//! missing meanwhile. In a process of its own, since what it holds up is the process's.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tracecore_components::receivers::nvml::{Config, Groups, Nvml};
use tracecore_gpusim::{Function, Target};
use tracecore_runtime::Absence;
use tracecore_runtime::testing::Harness;

fn config(library: &std::path::Path) -> Config {
    let groups = Groups { peaks: false, events: false, ..Groups::default() };
    Config { library: Some(library.to_owned()), groups, ..Config::default() }
}

fn busy(receiver: &Harness<Nvml>) -> usize {
    receiver.points().iter().filter(|point| point.name() == "tracecore.gpu.sm.activity").count()
}

#[test]
fn one_gpu_that_hangs_in_it_costs_the_others_gpm_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let node = tracecore_gpusim_nvml::install(folder.path(), 3, 1).unwrap();
    let library = node.library.clone();

    // The lane that will be given up.
    let (ready, go) = (mpsc::channel(), mpsc::channel::<()>());
    let stuck = {
        let library = library.clone();
        thread::spawn(move || {
            let mut receiver = Harness::<Nvml>::open(config(&library)).unwrap();
            receiver.tick().unwrap();
            ready.0.send(()).unwrap();
            go.1.recv().unwrap();
            let _ = receiver.tick();
        })
    };
    ready.1.recv().unwrap();
    let call = Target::call(Function::GpmSampleGet, 1);
    node.control.hang(call).unwrap();
    go.0.send(()).unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while node.control.hanging(call).unwrap() == 0 {
        assert!(Instant::now() < patience, "it does not hang");
        thread::sleep(Duration::from_millis(1));
    }

    // The one that takes its place, and leaves the GPU alone.
    let mut receiver = Harness::<Nvml>::open_without(config(&library), &["gpu 1"]).unwrap();
    for _ in 0..3 {
        // The one failure is that of the GPU that is left alone.
        let fault = receiver.tick().unwrap_err();
        assert_eq!((fault.kinds().count(), node.control.hanging(call).unwrap()), (1, 1), "{fault}");
        assert_eq!(busy(&receiver), 0);
        assert!(receiver.absent(Absence::Timeout) >= 2 * 16);
        let power = receiver.points().iter().filter(|point| point.name() == "hw.power").count();
        assert_eq!(power, 2, "everything else goes on");
    }

    node.control.clear_all();
    stuck.join().unwrap();
    receiver.discover().unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while busy(&receiver) < 2 && Instant::now() < patience {
        thread::sleep(Duration::from_millis(20));
        let _ = receiver.tick();
    }
    assert_eq!(busy(&receiver), 2, "back without a restart");
}
