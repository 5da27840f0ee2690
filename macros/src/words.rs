// SPDX-License-Identifier: Apache-2.0
//! The closed vocabularies, in one place for the macros (which check them when a component is
//! compiled) and for the schema (which hands them to everybody else). Plain tables: this file
//! is compiled into both crates and must not name a type of either.

#![allow(unreachable_pub, dead_code, reason = "public in the schema, private in the macros")]

/// The canonical error kinds of a receiver (contract R9).
pub const RECEIVER_ERROR_KINDS: &[&str] =
    &["connect", "parse", "downstream", "enumerate", "read", "cardinality", "panic", "init"];

/// Of these, the ones that the runtime itself reports: every receiver has them.
pub const RECEIVER_RUNTIME_KINDS: &[&str] = &["init", "panic", "downstream", "cardinality"];

/// The canonical error kinds of an exporter (contract R9).
pub const EXPORTER_ERROR_KINDS: &[&str] =
    &["marshal", "connect", "io", "timeout", "throttled", "rejected", "auth", "init", "panic"];

/// Of these, the ones that the runtime itself reports: every exporter has them.
pub const EXPORTER_RUNTIME_KINDS: &[&str] = &["init", "panic"];

/// The canonical error kinds of a processor.
pub const PROCESSOR_ERROR_KINDS: &[&str] = &["init"];

/// Of these, the ones that the runtime itself reports.
pub const PROCESSOR_RUNTIME_KINDS: &[&str] = &["init"];

/// The signals a component may carry.
pub const SIGNALS: &[&str] = &["metrics", "logs"];

/// The units a metric may have: UCUM as OpenTelemetry uses it. `{anything}` is an annotation
/// and is accepted as well.
pub const UNITS: &[&str] = &[
    "1", "%", "s", "ms", "us", "ns", "min", "h", "d", "By", "KiBy", "MiBy", "GiBy", "bit", "Hz", "W", "J",
    "Cel", "V", "A", "By/s", "bit/s", "rpm",
];
