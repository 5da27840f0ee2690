// SPDX-License-Identifier: Apache-2.0
//! Sets, renames, removes and hashes attributes of series and log records.
//!
//! Invariant: of a series done once, when it begins: a tick does not pass through here. A record
//! is changed when it comes, and allocates nothing.

mod config;
#[cfg(feature = "runtime")]
mod processor;

pub use config::{Action, Config, Verb};
#[cfg(feature = "runtime")]
pub use processor::{Attributes, AttributesKind};

#[cfg(all(test, feature = "runtime"))]
mod record_tests;
#[cfg(all(test, feature = "runtime"))]
mod tests;
