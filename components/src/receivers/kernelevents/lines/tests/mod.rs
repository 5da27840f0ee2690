// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod corpus;
mod describe;
mod hostile;
