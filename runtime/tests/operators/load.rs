// SPDX-License-Identifier: Apache-2.0
//! The surface under load: many connections that say nothing.

use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracecore_runtime::private as rt;

use crate::pipeline;
use crate::support::{Running, SCRIPTS, Sink, SinkConfig, Source, SourceConfig, get, until};

#[test]
fn a_thousand_idle_connections_get_no_more_than_64_places_and_are_let_go() {
    let running = Running::start(pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", SinkConfig { script: 10, picky: false })?;
        host.receiver::<Source>("source", SourceConfig { script: 10 })?
            .metrics("metrics", (), (&sink,))
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
    // One more may find no place, nor even a refusal.
    let answered = || get(address, "/healthz").is_some_and(|(status, _)| status == 200);
    until("a probe is answered soon after", answered);
    let before = SCRIPTS[10].delivered.load(Ordering::SeqCst);
    until("and readings were never in danger", || SCRIPTS[10].delivered.load(Ordering::SeqCst) > before + 10);
    let start = std::time::Instant::now();
    running.stop();
    assert!(start.elapsed() < Duration::from_millis(1400));
}
