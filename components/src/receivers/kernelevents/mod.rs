// SPDX-License-Identifier: Apache-2.0
//! The kernel's log: what the driver says when the GPU cannot, and what the kernel itself says.

#[cfg(feature = "runtime")]
pub mod lines;
