// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::receiver;
use tracecore_ui_tests::ReceiverConfig;

#[receiver(config = ReceiverConfig)]
struct Heartbeat;

fn main() {}
