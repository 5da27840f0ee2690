// SPDX-License-Identifier: Apache-2.0
//! Ten thousand requests leave memory as it was. Alone in its process, which it weighs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "support for more than this test")]

#[path = "support/mod.rs"]
mod running;
#[path = "operators/support.rs"]
mod support;

use std::sync::atomic::Ordering;

use support::{Running, SCRIPTS, Sink, SinkConfig, Source, SourceConfig, until};
use tracecore_runtime::private as rt;

fn resident() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/statm").unwrap();
    stat.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn ten_thousand_requests_leave_memory_as_it_was() {
    let running = Running::start(pipeline!(Detailed, |host| {
        let sink = host.exporter::<Sink>("sink", SinkConfig { script: 9, picky: false })?;
        host.receiver::<Source>("source", SourceConfig { script: 9 })?
            .metrics("metrics", (), (&sink,))
            .start()
    }));
    until("it delivers", || SCRIPTS[9].delivered.load(Ordering::SeqCst) > 3);
    let ask = |times: usize| {
        for turn in 0..times {
            let path = ["/metrics", "/healthz", "/readyz?verbose", "/nothing"][turn % 4];
            let wanted = if path == "/nothing" { 404 } else { 200 };
            assert_eq!(running.get(path).0, wanted, "{path}");
        }
    };
    // What is allocated once (buffers, pools, the allocator's own reserve) is there after these.
    ask(2_000);
    let before = resident();
    ask(8_000);
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more after 8,000 requests");
    running.stop();
}
