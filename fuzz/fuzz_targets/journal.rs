// SPDX-License-Identifier: Apache-2.0
//! Any bytes as a line of `journalctl --output=json`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tracecore_fuzz::laws(|laws| laws.journal(bytes)));
