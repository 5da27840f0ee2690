// SPDX-License-Identifier: Apache-2.0
//! The texts under `expanded/`, which the tests of the macros compare with what is written,
//! compiled and used.

#![deny(warnings)]

use std::time::Duration;

use tracecore_runtime::ErrorKind;
use tracecore_schema::{Config, Counter, Declaration, MetricSet, Scalar};

#[derive(Clone, Debug)]
pub struct HeartConfig {
    pub interval: Duration,
    pub volume: u8,
    pub simulated: bool,
}

include!("../expanded/config.rs");

fn choose(simulated: &bool) -> &'static str {
    if *simulated { "Simulated" } else { "Heartbeat" }
}

fn audible(volume: &u8, _: &Duration) -> Result<(), String> {
    if *volume > 0 { Ok(()) } else { Err("nobody hears it".to_owned()) }
}

#[derive(Clone, Debug)]
pub enum Volume {
    Loud,
    VeryLoud,
}

include!("../expanded/config_value.rs");

pub struct Beats {
    pub beats: Counter<u64>,
}

include!("../expanded/metric_set.rs");

include!("../expanded/receiver.rs");

#[derive(Clone, Debug, Config)]
#[config(exporter = "sink", signal = metrics, rust = Sink)]
/// Takes everything.
pub struct SinkConfig {}

include!("../expanded/exporter.rs");

fn main() {
    let config = HeartConfig { interval: Duration::ZERO, volume: 0, simulated: false };
    assert_eq!(config.check().len(), 2);
    assert_eq!(HeartConfig::KIND, "heartbeat");
    assert_eq!(choose(&true), "Simulated");
    assert_eq!(Volume::VeryLoud.show(), "very_loud");
    assert_eq!(tracecore_schema::Family::descriptor(Beats::handles().beats).name, "heart.beats");
    assert_eq!(HeartbeatKind::NAMES, ["read", "arrhythmia", "init", "panic", "downstream", "cardinality"]);
    assert_eq!(SinkKind::NAMES, ["init", "panic"]);
}
