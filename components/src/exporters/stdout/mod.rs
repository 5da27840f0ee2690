// SPDX-License-Identifier: Apache-2.0
//! The standard output: JSON lines for programs, a table for people.
//!
//! One kind with two types behind it: `json` is a stream of frames, `table` shows a page. The
//! file chooses when it is compiled.

mod config;
#[cfg(feature = "runtime")]
mod json;
#[cfg(feature = "runtime")]
mod table;
#[cfg(feature = "runtime")]
mod writer;

pub use config::{Config, Format};
#[cfg(feature = "runtime")]
pub use json::{Encoder, Json, JsonKind, RecordEncoder};
#[cfg(feature = "runtime")]
pub use table::{Cell, Cells, Table, TableKind};
