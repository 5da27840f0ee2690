// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(receiver = "heartbeat", signal = metrics, metrics = Beats, rust = Heartbeat)]
struct Heart {}

struct Beats;

fn main() {}
