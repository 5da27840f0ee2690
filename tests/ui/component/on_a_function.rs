// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::receiver;

#[receiver(config = ReceiverConfig, metrics = Beats)]
fn heartbeat() {}

fn main() {}
