// SPDX-License-Identifier: Apache-2.0
//! Processors: what changes what passes.

pub mod attributes;
pub mod filter;
