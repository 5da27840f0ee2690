// SPDX-License-Identifier: Apache-2.0
//! The receiver alone, ticked by hand: no thread, no pipeline file, no port.

use std::path::PathBuf;
use std::time::Duration;

use tracecore_runtime::testing::{Harness, run_once};

use super::{Config, Heartbeat};

fn config(path: impl Into<PathBuf>) -> Config {
    Config { path: path.into(), interval: Duration::from_secs(1) }
}

#[test]
fn a_file_that_was_touched_has_an_age() {
    let points = run_once::<Heartbeat>(config("Cargo.toml")).expect("it can be read");
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].name(), "heartbeat.age");
    assert_eq!(points[0].attribute("file.path").as_deref(), Some("Cargo.toml"));
    assert!(points[0].value > 0.0, "{}", points[0]);
}

#[test]
fn a_file_that_is_away_is_an_error_of_the_declared_kind_and_no_point() {
    let mut harness = Harness::<Heartbeat>::open(config("no/such/file")).expect("it opens all the same");
    let telemetry = harness.capture();
    let failure = harness.tick().expect_err("there is nothing to read");
    assert!(failure.to_string().starts_with("no/such/file: "), "{failure}");
    assert_eq!(telemetry.errors(), ["read"]);
    assert_eq!(telemetry.is_degraded(), Some(true));
    assert!(harness.points().is_empty());
}
