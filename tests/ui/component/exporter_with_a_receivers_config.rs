// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::exporter;

#[exporter(stream, config = tracecore_ui_tests::ReceiverConfig)]
struct Sink;

fn main() {}
