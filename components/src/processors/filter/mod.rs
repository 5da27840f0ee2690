// SPDX-License-Identifier: Apache-2.0
//! Keeps some series and drops the others, by metric name and by attribute.
//!
//! Invariant: decided once, when a series begins. A tick does not pass through here.

mod config;
#[cfg(feature = "runtime")]
mod processor;

pub use config::{AttributeMatch, Config};
#[cfg(feature = "runtime")]
pub use processor::{Filter, FilterKind};

#[cfg(all(test, feature = "runtime"))]
mod tests;
