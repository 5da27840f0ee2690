// SPDX-License-Identifier: Apache-2.0
//! A receiver of our own.

mod config;
mod receiver;

pub use config::{Config, Metrics};
pub use receiver::Heartbeat;
