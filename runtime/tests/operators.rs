// SPDX-License-Identifier: Apache-2.0
//! The collector as its operators meet it: probes, states and metrics through its life, signals,
//! and what the surface does under load.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

#[path = "operators/life.rs"]
mod life;
#[path = "operators/load.rs"]
mod load;
#[path = "support/mod.rs"]
mod running;
#[path = "operators/signals.rs"]
mod signals;
#[path = "operators/support.rs"]
mod support;
