// SPDX-License-Identifier: Apache-2.0
//! The types a config field may have without any derive, one file each.

mod collections;
mod duration;
mod glob;
mod listen;
mod numbers;
mod pattern;
mod secret;
mod size;
mod text;

pub use duration::format_duration;
pub use glob::Glob;
pub use listen::Listen;
pub use pattern::Pattern;
pub use secret::{Secret, SecretSource};
pub use size::ByteSize;
