// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use std::time::Duration;

use super::Metrics;

/// Emits one data point per tick. The smallest receiver there is.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(receiver = "clockreceiver", signal = metrics, metrics = Metrics, rust = ClockReceiver)]
pub struct Config {
    /// Time between two ticks.
    #[config(default = "1s", min = "1ms")]
    pub interval: Duration,
}
