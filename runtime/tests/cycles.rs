// SPDX-License-Identifier: Apache-2.0
//! Ten start/stop cycles leave no thread, no task and no file descriptor behind (contract H11).
//! Alone in its process, which it counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "support for more than this test")]

#[path = "support/mod.rs"]
mod running;
#[path = "operators/support.rs"]
mod support;

use std::fs;
use std::sync::atomic::Ordering;

use support::{Running, SCRIPTS, Sink, SinkConfig, Source, SourceConfig, until};
use tracecore_runtime::private as rt;

/// Threads and file descriptors of this process.
fn held() -> (usize, usize) {
    let count = |path: &str| fs::read_dir(path).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

fn cycle() {
    let running = Running::start(pipeline!(Detailed, |host| {
        let sink = host.exporter::<Sink>("sink", SinkConfig { script: 0, picky: false })?;
        host.receiver::<Source>("source", SourceConfig { script: 0 })?
            .metrics("metrics", (), (&sink,))
            .start()
    }));
    let before = SCRIPTS[0].delivered.load(Ordering::SeqCst);
    until("ready", || running.get("/readyz").0 == 200);
    until("it delivers", || SCRIPTS[0].delivered.load(Ordering::SeqCst) > before + 3);
    assert_eq!(running.get("/metrics").0, 200);
    running.stop();
}

#[test]
fn h11_ten_cycles_leave_no_thread_no_task_and_no_file_descriptor() {
    cycle();
    // A thread is gone from the list a moment after it was joined.
    let mut first = held();
    until("the first cycle is over", || {
        let now = held();
        std::mem::replace(&mut first, now) == now
    });
    for _ in 0..10 {
        cycle();
    }
    until("as after the first cycle", || held() <= first && held().1 <= first.1);
}
