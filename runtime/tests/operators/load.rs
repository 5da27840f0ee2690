// SPDX-License-Identifier: Apache-2.0
//! The surface under load: many requests, many connections that say nothing.

use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracecore_runtime::private as rt;

use crate::pipeline;
use crate::support::{Running, SCRIPTS, Sink, SinkConfig, Source, SourceConfig, until};

fn resident() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/statm").unwrap();
    stat.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn ten_thousand_requests_leave_memory_as_it_was() {
    let running = Running::start(pipeline!(Detailed, |host| {
        let sink = host.exporter::<Sink>("sink", SinkConfig { script: 9, picky: false })?;
        host.receiver::<Source>("source", SourceConfig { script: 9 })?.branch("metrics", (), (&sink,)).start()
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

#[test]
fn a_thousand_idle_connections_get_no_more_than_64_places_and_are_let_go() {
    let running = Running::start(pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", SinkConfig { script: 10, picky: false })?;
        host.receiver::<Source>("source", SourceConfig { script: 10 })?
            .branch("metrics", (), (&sink,))
            .start()
    }));
    until("ready", || running.get("/readyz").0 == 200);
    let address = running.address();
    // As many at a time as a process may have files open, whatever that is here.
    let mut asked = 0;
    for _ in 0..4 {
        let idle: Vec<_> = (0..250).filter_map(|_| TcpStream::connect(address).ok()).collect();
        asked += idle.len();
        drop(idle);
    }
    assert!(asked >= 900, "{asked} connections");
    until("a probe is answered soon after", || running.get("/healthz").0 == 200);
    let before = SCRIPTS[10].delivered.load(Ordering::SeqCst);
    until("and readings were never in danger", || SCRIPTS[10].delivered.load(Ordering::SeqCst) > before + 10);
    let start = std::time::Instant::now();
    running.stop();
    assert!(start.elapsed() < Duration::from_millis(1400));
}
