// SPDX-License-Identifier: Apache-2.0
//! Log records: what one call of `collect` had to tell, in one arena of bytes.
//!
//! Invariant: writing, changing and reading a record allocates nothing once the arena has grown
//! to what a batch needs; the arena has an upper end.

mod batch;
mod draft;
mod record;
mod severity;
#[cfg(test)]
mod tests;

pub use batch::{LogBatch, RecordWriter};
pub use draft::RecordDraft;
pub use record::{LogValue, Record};
pub use severity::Severity;
