// SPDX-License-Identifier: Apache-2.0
//! The durable queue from outside: against a model, damaged in every byte, on disks that are
//! full or read-only, and killed at random moments.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test may end here, and says why"
)]

mod disk {
    pub(crate) mod damage;
    pub(crate) mod faults;
    pub(crate) mod kill;
    pub(crate) mod model;
    pub(crate) mod outage;
    pub(crate) mod owners;
    pub(crate) mod support;
}
