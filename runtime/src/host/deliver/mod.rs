// SPDX-License-Identifier: Apache-2.0
//! Delivery: from an exporter's queue to the other side, attempt by attempt.
//!
//! One task per exporter on the I/O thread. `run` is its loop; `batch` says when a batch is
//! ready, `pace` when an attempt may begin, `attempts` holds those under way, `drain` is the
//! end, `voice` tells people and counters.
//!
//! Invariant: every item that left the queue for an attempt is settled or put back exactly
//! once; a task that ends leaves nothing behind that is not counted or on disk. All time is
//! tokio's and all chance comes from one seed, so that a test can repeat any run.

mod attempts;
mod batch;
mod drain;
mod pace;
mod retry;
mod run;
#[cfg(test)]
mod tests;
mod voice;

use std::time::Duration;

use tracecore_schema::delivery::{BatchConfig, QueueConfig, RetryConfig};

pub(super) use attempts::unpanicked;
pub(super) use run::{Plan, deliver};
pub(super) use voice::Voice;

/// What the other side did with a batch that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// Items of the batch that the other side refused for good; the others it took.
    pub rejected: u64,
    /// What it said, for the log; empty if nothing.
    pub message: String,
}

impl Delivered {
    /// It took everything.
    #[must_use]
    pub const fn all() -> Self {
        Self { rejected: 0, message: String::new() }
    }

    /// It refused `rejected` items of the batch for good and took the others. Refused items are
    /// counted and never sent again.
    #[must_use]
    pub fn partly(rejected: u64, message: impl Into<String>) -> Self {
        Self { rejected, message: message.into() }
    }

    /// With something that the other side said although it took everything.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }
}

/// What an operator chose of queueing and retrying.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// The queue.
    pub queue: QueueConfig,
    /// Retries.
    pub retry: RetryConfig,
    /// How the bytes of frames are to be read: what another encoding has put into storage is
    /// refused at the next start. Empty if the exporter's kind says it all.
    pub encoding: String,
}

impl Delivery {
    /// What the config's blocks `queue` and `retry` say.
    #[must_use]
    pub const fn new(queue: QueueConfig, retry: RetryConfig) -> Self {
        Self { queue, retry, encoding: String::new() }
    }

    /// With the name of how frames are encoded, if the exporter has several: `json`.
    #[must_use]
    pub fn encoding(mut self, encoding: impl Into<String>) -> Self {
        self.encoding = encoding.into();
        self
    }

    /// The defaults, but nothing waits for company: for an exporter without these blocks.
    #[must_use]
    pub fn at_once() -> Self {
        let batch = BatchConfig { timeout: Duration::ZERO, ..BatchConfig::default() };
        Self::new(QueueConfig { batch, ..QueueConfig::default() }, RetryConfig::default())
    }
}
