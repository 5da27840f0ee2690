// SPDX-License-Identifier: Apache-2.0
//! Exporters: what sends on or shows.

pub mod prometheus;
pub mod stdout;
