// SPDX-License-Identifier: Apache-2.0
//! Delivery on virtual time: whole days in milliseconds, and every run can be repeated.
//!
//! All chance of a run comes from one seed. A run that fails prints it; `TRACECORE_SEED=n` runs
//! that one alone and prints what happened when, `TRACECORE_SEEDS=n` runs as many as that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(clippy::print_stdout, reason = "what was measured is told with --nocapture")]

mod outage;
mod seeds;
mod server;
mod world;
