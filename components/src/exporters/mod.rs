// SPDX-License-Identifier: Apache-2.0
//! Exporters: what sends on or shows.

#[cfg(feature = "runtime")]
mod gzip;
#[cfg(feature = "runtime")]
mod number;
pub mod otlp;
pub mod prometheus;
pub mod stdout;
