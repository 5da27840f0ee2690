// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::exporter;
use tracecore_ui_tests::ExporterConfig;

#[exporter(config = ExporterConfig, errors(io))]
struct Sink;

fn main() {}
