// SPDX-License-Identifier: Apache-2.0
//! Requests as protobuf: a frame is one `resource_metrics` (or `resource_logs`) field of a
//! request, with its tag, so that frames after one another are a request too.

mod logs;
mod metrics;
mod parts;
mod wire;

pub(super) use logs::Logs;
pub(super) use metrics::Metrics;
