// SPDX-License-Identifier: Apache-2.0
//! A tick in steady state allocates nothing while delivery keeps up: the whole nvml lane, from
//! the driver's calls to a stored page and a delivered frame of JSON lines.

#![allow(clippy::expect_used, reason = "a test may end here")]
#![allow(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracecore_benches::{Bench, driver, simulated, synthetic};
use tracecore_runtime::Receiver;
use tracecore_runtime::private::Branches;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it came; counting changes nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps `realloc`'s promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        bench.read().expect("it ticks");
        allocations += ALLOCATIONS.load(Ordering::Relaxed) - before;
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

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    std::hint::black_box(vec![0_u8; 10]);
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > before, "the allocator counts");
}
