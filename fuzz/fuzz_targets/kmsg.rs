// SPDX-License-Identifier: Apache-2.0
//! Any bytes as a record of `/dev/kmsg`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tracecore_fuzz::laws(|laws| laws.record(bytes)));
