// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::receiver;

#[receiver(config = Confg)]
struct Heartbeat;

fn main() {}
