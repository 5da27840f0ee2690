// SPDX-License-Identifier: Apache-2.0
//! Delivery by a real process to a real socket: signals under load, overload, restarts.
//!
//! The collector runs in a child process (this very test binary, told so by its environment) and
//! sends numbered frames to a sink in the parent, so that both ends can be compared. CI runs few
//! rounds; `TRACECORE_SOAK=1` runs as many as the documents claim.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(clippy::print_stdout, reason = "what was measured is told with --nocapture")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

#[path = "delivery/child.rs"]
mod child;
#[path = "delivery/overload.rs"]
mod overload;
#[path = "delivery/parent.rs"]
mod parent;
#[path = "delivery/sigterm.rs"]
mod sigterm;
#[path = "delivery/sink.rs"]
mod sink;

/// How often: `few` in CI.
fn rounds(few: u32, many: u32) -> u32 {
    if std::env::var_os("TRACECORE_SOAK").is_some() { many } else { few }
}
