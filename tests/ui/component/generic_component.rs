// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::receiver;
use tracecore_ui_tests::{Beats, ReceiverConfig};

#[receiver(config = ReceiverConfig, metrics = Beats)]
struct Heartbeat<D> {
    driver: D,
}

fn main() {}
