// SPDX-License-Identifier: Apache-2.0
//! Keeps some series and log records and drops the others.
//!
//! Invariant: of a series decided once, when it begins: a tick does not pass through here. A
//! record is decided when it comes, and allocates nothing.

mod config;
#[cfg(feature = "runtime")]
mod processor;

pub use config::{AttributeMatch, Config, Level};
#[cfg(feature = "runtime")]
pub use processor::{Filter, FilterKind};

#[cfg(all(test, feature = "runtime"))]
mod record_tests;
#[cfg(all(test, feature = "runtime"))]
mod tests;
