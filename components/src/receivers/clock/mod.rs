// SPDX-License-Identifier: Apache-2.0
//! One data point per tick: the smallest receiver there is, and the one to copy from.

mod config;
mod metrics;
#[cfg(feature = "runtime")]
mod receiver;

pub use config::Config;
pub use metrics::Metrics;
#[cfg(feature = "runtime")]
pub use receiver::{ClockReceiver, ClockReceiverKind};

#[cfg(all(test, feature = "runtime"))]
mod tests;
