// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

mod counting;
mod journal;
mod records;
mod resume;
mod rig;
