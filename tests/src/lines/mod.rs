// SPDX-License-Identifier: Apache-2.0
//! A receiver that emits metrics and logs: the smallest there is, for tests from outside.

mod config;
mod receiver;

pub use config::Config;
pub use receiver::LinesReceiver;
