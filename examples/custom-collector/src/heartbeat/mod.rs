// SPDX-License-Identifier: Apache-2.0
//! A receiver of our own.

mod config;
mod receiver;
#[cfg(test)]
mod tests;

pub use config::{Config, Metrics};
pub use receiver::Heartbeat;
