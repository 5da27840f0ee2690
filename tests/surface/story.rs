// SPDX-License-Identifier: Apache-2.0
//! A node's driver is absent, comes, is lost and comes back; what probes, states and metrics say
//! at each step. `cargo test -p tracecore-tests --test surface story -- --nocapture` tells it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value as Json;
use tracecore_gpusim::Target;
use tracecore_gpusim_nvml::install;

use super::Running;

/// What is looked at in each step.
const METRICS: [&str; 8] = [
    "tracecore_receiver_scrape_success{component_id=\"nvml\"}",
    "tracecore_receiver_series{component_id=\"nvml\"}",
    "tracecore_receiver_emissions_total{component_id=\"nvml\"}",
    "tracecore_receiver_errors_total{component_id=\"nvml\",kind=\"init\"}",
    "tracecore_receiver_errors_total{component_id=\"nvml\",kind=\"read\"}",
    "tracecore_receiver_absent_values{component_id=\"nvml\",reason=\"lost\"}",
    "tracecore_receiver_degraded_seconds_total{component_id=\"nvml\"}",
    "tracecore_component_restarts_total{component_id=\"nvml\"}",
];

fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// The state of the receiver, with its reason.
fn state(address: &str) -> Option<(String, String)> {
    let tree: Json = serde_json::from_str(&get(address, "/readyz?verbose")?.1).ok()?;
    let nvml = &tree["components"]["pipeline:metrics/gpus"]["components"]["receiver:nvml"];
    let text = |key: &str| nvml[key].as_str().unwrap_or_default().to_owned();
    Some((text("status"), text("reason")))
}

fn metric(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
}

/// Prints what an operator sees, and gives the metrics.
#[allow(clippy::print_stdout, reason = "a story is told")]
fn tell(address: &str, step: &str) -> String {
    println!("\n== {step}");
    for path in ["/healthz", "/readyz"] {
        let (status, body) = get(address, path).unwrap();
        println!("GET {path}: {status} {}", body.trim());
        assert_eq!(status, 200, "{step}: degraded is neither unready nor ill");
    }
    println!("GET /readyz?verbose: {}", get(address, "/readyz?verbose").unwrap().1.trim());
    let page = get(address, "/metrics").unwrap().1;
    METRICS.iter().for_each(|series| println!("{series} {}", metric(&page, series)));
    page
}

#[test]
fn a_driver_that_is_absent_comes_is_lost_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libnvidia-ml.so.1");
    let variables = [("TEST_LIBRARY", library.clone()), ("TEST_INTERVAL", "100ms".into())];
    let mut running = Running::start("nvml", "localhost", &variables);
    let [success, series, emissions, _, read, lost, degraded, restarts] = METRICS;
    let is =
        |running: &Running, status: &str| state(&running.address).is_some_and(|(found, _)| found == status);

    running
        .until("ready", |running| get(&running.address, "/readyz").is_some_and(|(status, _)| status == 200));
    running.until("it says why", |running| is(running, "recoverable_error"));
    let page = tell(&running.address, "the driver is absent");
    let (_, why) = state(&running.address).unwrap();
    assert!(why.contains("libnvidia-ml.so.1"), "{why}");
    assert!(metric(&page, success) == 0.0 && metric(&page, series) == 0.0 && metric(&page, degraded) > 0.0);

    let node = install(folder.path(), 2, 7).unwrap();
    running.until("it works", |running| is(running, "ok"));
    running.until("it reads", |running| {
        metric(&get(&running.address, "/metrics").unwrap().1, emissions) > 100.0
    });
    let page = tell(&running.address, "the driver has come, with two GPUs");
    let of_two = metric(&page, series);
    assert!(metric(&page, success) == 1.0 && of_two > 0.0 && metric(&page, restarts) >= 1.0);

    (0..2).for_each(|slot| node.control.lose(slot).unwrap());
    running.until("it fails", |running| is(running, "recoverable_error"));
    running.until("values are absent", |running| {
        metric(&get(&running.address, "/metrics").unwrap().1, lost) > 0.0
    });
    let page = tell(&running.address, "both GPUs are lost");
    assert!(metric(&page, success) == 0.0 && metric(&page, read) >= 1.0);

    (0..2).for_each(|slot| node.control.clear(Target::gpu(slot)).unwrap());
    running.until("it works again", |running| is(running, "ok"));
    let page = tell(&running.address, "both are back");
    assert!(metric(&page, success) == 1.0 && metric(&page, series) == of_two && metric(&page, lost) == 0.0);
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("recovered")), "{log:#?}");
}
