// SPDX-License-Identifier: Apache-2.0
//! Which calls a rule is about.

use std::fmt;

use crate::Function;

/// Which calls a rule is about. Where several rules with a return code match a
/// call, the narrowest decides: one function on one GPU, then one GPU, then one
/// function, then everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub(super) function: Option<Function>,
    pub(super) slot: Option<u32>,
}

impl Target {
    /// Every call of every function.
    #[must_use]
    pub const fn everything() -> Self {
        Self { function: None, slot: None }
    }

    /// Every call of one function.
    #[must_use]
    pub const fn function(function: Function) -> Self {
        Self { function: Some(function), slot: None }
    }

    /// Every call about the GPU in `slot`, the ones that look it up included.
    #[must_use]
    pub const fn gpu(slot: u32) -> Self {
        Self { function: None, slot: Some(slot) }
    }

    /// Calls of one function about the GPU in `slot`.
    #[must_use]
    pub const fn call(function: Function, slot: u32) -> Self {
        Self { function: Some(function), slot: Some(slot) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.function {
            Some(function) => f.write_str(function.name())?,
            None => f.write_str("any function")?,
        }
        match self.slot {
            Some(slot) => write!(f, " on gpu {slot}"),
            None => Ok(()),
        }
    }
}
