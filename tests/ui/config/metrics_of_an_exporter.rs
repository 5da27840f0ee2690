// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(exporter = "heartbeat", signal = metrics, metrics = Beats, rust = Heartbeat)]
struct Heart {}

fn main() {}
