// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

/// Beats.
#[derive(Clone, Config)]
#[config(receiver = "heartbeat", rust = Heartbeat)]
struct Heart {}

fn main() {}
