// SPDX-License-Identifier: Apache-2.0
use tracecore_schema::Config;

#[derive(Clone, Config)]
#[config(receiver = "heartbeat", signal = metrics, rust = Heartbeat)]
struct Heart {}

fn main() {}
