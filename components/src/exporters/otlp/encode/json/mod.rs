// SPDX-License-Identifier: Apache-2.0
//! Requests as JSON, by OTLP's own mapping: keys in lowerCamelCase, 64-bit integers as strings,
//! enums as numbers. A frame is one object of `resourceMetrics` (or `resourceLogs`).

mod logs;
mod metrics;
mod parts;

pub(super) use logs::Logs;
pub(super) use metrics::Metrics;
