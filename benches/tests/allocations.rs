// SPDX-License-Identifier: Apache-2.0
//! A tick in steady state allocates nothing while delivery keeps up: the whole nvml lane, from
//! the driver's calls to a stored page and a delivered frame of JSON lines.

#![allow(clippy::expect_used, reason = "a test may end here")]

use std::time::Duration;

use tracecore_allocations::made;
use tracecore_benches::{Bench, driver, simulated, synthetic};
use tracecore_runtime::Receiver;
use tracecore_runtime::private::Branches;

fn steady<R, B>(what: &str, mut bench: Bench<R, B>)
where
    R: Receiver,
    B: Branches<R::Out>,
{
    // Not as fast as it can: samples between readings are looked at a few times a second, and
    // what they tell is there from the second look on.
    for _ in 0..20 {
        bench.tick().expect("it ticks");
        std::thread::sleep(Duration::from_millis(60));
    }
    let mut allocations = 0;
    for _ in 0..200 {
        let before = made();
        bench.read().expect("it ticks");
        allocations += made() - before;
        // The I/O thread's part, which lists the frames of each batch.
        bench.deliver();
    }
    assert!(bench.points() > 100, "{what}: something was read");
    assert_eq!(allocations, 0, "{what}: allocations in 200 ticks");
}

// One test, because what another one allocates meanwhile would be counted as well.
#[test]
fn a_tick_in_steady_state_allocates_nothing() {
    steady("synthetic", synthetic().expect("it opens"));
    steady("simulated GPUs", simulated(8).expect("it opens"));
    steady("the driver's library", driver().expect("it opens"));

    let before = made();
    std::hint::black_box(vec![0_u8; 10]);
    assert!(made() > before, "the allocator counts");
}
