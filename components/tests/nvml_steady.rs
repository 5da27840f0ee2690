// SPDX-License-Identifier: Apache-2.0
//! In steady state a tick of the GPU receivers allocates nothing: through the C ABI and in
//! process, also with a GPU that lacks something.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use tracecore_allocations::made;
use tracecore_components::receivers::nvml::{Config, Groups, Nvml, Simulated, SimulatedNvml};
use tracecore_gpusim::{Control, Function, SimError, Target};
use tracecore_runtime::testing::Harness;
use tracecore_runtime::{Batch, Declared, Receiver};

/// Allocations of 50 ticks a second apart after the first two, and points of the last.
fn steady<R>(config: Config, control: &Control) -> (u64, usize)
where
    R: Receiver<Out = Batch> + Declared<Config = Config>,
{
    control.set_time(Some(Duration::from_secs(30)));
    let mut receiver = Harness::<R>::open(config).unwrap();
    let mut tick = |second: u64| {
        control.set_time(Some(Duration::from_secs(30 + second)));
        receiver.tick().unwrap();
        // What is too slow for a tick: this GPU's turn, and the next one's.
        while receiver.idle(Instant::now() + Duration::from_secs(1)) {}
    };
    tick(0);
    tick(1);
    let before = made();
    for second in 2..52 {
        tick(second);
    }
    (made() - before, receiver.points().len())
}

#[test]
fn a_tick_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let node = tracecore_gpusim_nvml::install(folder.path(), 8, 1).unwrap();
    node.control.set_time(Some(Duration::from_secs(30)));
    node.control.fail(Target::call(Function::GetEncoderUtilization, 3), SimError::NOT_SUPPORTED).unwrap();
    node.control.fail(Target::call(Function::GetPowerUsage, 4), SimError::NO_PERMISSION).unwrap();

    let library = Some(node.library.clone());
    let real = steady::<Nvml>(Config { library, ..Config::default() }, &node.control);
    assert_eq!(real.0, 0);
    assert!(real.1 > 8 * 30, "{} points", real.1);

    let control = Some(folder.path().join("libnvidia-ml.so.1.control"));
    let simulated = Some(Simulated { control, ..Simulated::default() });
    let simulated = steady::<SimulatedNvml>(Config { simulated, ..Config::default() }, &node.control);
    assert_eq!(simulated, real);

    // With everything that is off unless it is asked for, but processes, which come and go.
    // One GPU: measuring takes its 20 ms.
    node.control.set_gpus(1).unwrap();
    let groups = Groups { gpm: false, pcie_throughput: true, ..Groups::default() };
    let config = Config { library: Some(node.library.clone()), groups, ..Config::default() };
    assert_eq!(steady::<Nvml>(config, &node.control).0, 0);

    // A failure may allocate: the counter does count.
    let before = made();
    drop(std::hint::black_box(Box::new(0)));
    assert!(made() > before);
}
