// SPDX-License-Identifier: Apache-2.0
//! Sets, renames, removes and hashes attributes.
//!
//! Invariant: done once, when a series begins. A tick does not pass through here.

mod config;
#[cfg(feature = "runtime")]
mod processor;

pub use config::{Action, Config, Verb};
#[cfg(feature = "runtime")]
pub use processor::{Attributes, AttributesKind};

#[cfg(all(test, feature = "runtime"))]
mod tests;
