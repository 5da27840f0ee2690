// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(receiver = "Heart Beat", signal = metrics, rust = Heartbeat)]
struct Heart {}

fn main() {}
