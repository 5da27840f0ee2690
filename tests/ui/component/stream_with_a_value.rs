// SPDX-License-Identifier: Apache-2.0
use tracecore_runtime::exporter;
use tracecore_ui_tests::ExporterConfig;

#[exporter(stream = true, config = ExporterConfig)]
struct Sink;

fn main() {}
