// SPDX-License-Identifier: Apache-2.0
//! Connections: kept, spread, and replaced when they break.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tracecore_components::exporters::otlp::Protocol;

use crate::grpc_server::{self, Reply, ok};
use crate::http_server::{self, Door, Say, answer};
use crate::support::{attempt, config, exporter};

#[tokio::test]
async fn nobody_there_is_a_failure_to_connect_and_the_next_attempt_finds_who_came() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let exporter = exporter(config(protocol, &format!("http://{port}")));
        let told = attempt(&exporter, protocol).await;
        assert!(told.starts_with("`connect`, tried again: ") && told.contains("refused"), "{told}");
    }
}

#[tokio::test]
async fn a_host_that_takes_connections_and_says_nothing_costs_the_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for protocol in [Protocol::Grpc, Protocol::HttpJson] {
        let mut config = config(protocol, &format!("http://{address}"));
        config.timeout = Duration::from_millis(300);
        let start = Instant::now();
        let told = attempt(&exporter(config), protocol).await;
        assert_eq!(told, "`timeout`, tried again: no answer within 300ms");
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn one_connection_serves_all_attempts() {
    let (address, seen) = http_server::serve(Door::default(), |_, _| answer("200 OK", &[], b"")).await;
    let exporter = exporter(config(Protocol::HttpProtobuf, &format!("http://{address}")));
    for _ in 0..20 {
        assert_eq!(attempt(&exporter, Protocol::HttpProtobuf).await, "delivered");
    }
    assert_eq!(seen.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn requests_are_spread_over_the_connections() {
    let (address, seen) = grpc_server::serve(None, |_| ok(b"")).await;
    let mut config = config(Protocol::Grpc, &format!("http://{address}"));
    config.connections = 3;
    let exporter = exporter(config);
    for _ in 0..12 {
        assert_eq!(attempt(&exporter, Protocol::Grpc).await, "delivered");
    }
    assert_eq!(seen.connections.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn after_a_good_bye_the_next_attempt_has_a_new_connection() {
    let (address, seen) =
        grpc_server::serve(None, |number| if number == 1 { Reply::GoAway } else { ok(b"") }).await;
    let exporter = exporter(config(Protocol::Grpc, &format!("http://{address}")));
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(attempt(&exporter, Protocol::Grpc).await);
    }
    assert_eq!((told[0].as_str(), told[2].as_str()), ("delivered", "delivered"));
    assert!(told[1].starts_with("`io`, tried again"), "{told:?}");
    assert_eq!(seen.connections.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn after_a_break_the_next_attempt_has_a_new_connection() {
    let (address, seen) = http_server::serve(Door { resets: true, ..Door::default() }, |number, _| {
        if number == 1 { vec![Say::Close] } else { answer("200 OK", &[], b"") }
    })
    .await;
    let exporter = exporter(config(Protocol::HttpProtobuf, &format!("http://{address}")));
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(attempt(&exporter, Protocol::HttpProtobuf).await);
    }
    assert_eq!((told[0].as_str(), told[2].as_str()), ("delivered", "delivered"));
    assert!(told[1].starts_with("`io`, tried again"), "{told:?}");
    assert_eq!(seen.connections.load(Ordering::Relaxed), 2);
}

/// The kernel of the other end has vanished: nothing comes back, not even a refusal. What was
/// sent is answered by a time-out; the connection must not be used for ever.
#[tokio::test]
async fn a_connection_that_does_not_answer_is_not_kept_over_http() {
    let (address, seen) = http_server::serve(Door::default(), |number, _| {
        if number == 0 { vec![Say::Wait(Duration::from_secs(60))] } else { answer("200 OK", &[], b"") }
    })
    .await;
    let mut config = config(Protocol::HttpProtobuf, &format!("http://{address}"));
    config.timeout = Duration::from_millis(300);
    let exporter = exporter(config);
    assert!(attempt(&exporter, Protocol::HttpProtobuf).await.starts_with("`timeout`"));
    assert_eq!(attempt(&exporter, Protocol::HttpProtobuf).await, "delivered");
    assert_eq!(seen.connections.load(Ordering::Relaxed), 2);
}
