// SPDX-License-Identifier: Apache-2.0
//! A place where a GPU is or should be: one of the library's indices.

use std::fmt;

use tracecore_runtime::{Absence, Device as Mark, ScopeId};

use super::code::{Class, Code};
use super::driver::Device;
use super::identity::Identity;
use super::readings::Readings;

/// One of the library's indices.
#[derive(Debug)]
pub(super) struct Place {
    /// `gpu 3`.
    pub(super) name: String,
    /// What the watchdog knows it by.
    pub(super) mark: Mark,
    /// What is there.
    pub(super) holds: Holds,
    /// How many values are missing while it is not read.
    pub(super) values: usize,
}

/// What is at a place.
#[derive(Debug)]
pub(super) enum Holds {
    /// A GPU that answers.
    Gpu(Box<Gpu>),
    /// A GPU that is not read, and why.
    Nothing(Why),
}

/// A GPU that answers.
#[derive(Debug)]
pub(super) struct Gpu {
    pub(super) device: Device,
    pub(super) identity: Identity,
    pub(super) scope: ScopeId,
    pub(super) readings: Readings,
    /// Whether it is divided into instances.
    pub(super) mig: bool,
    /// It has to be looked at anew: it was lost, or supports something else than it did.
    pub(super) begin_again: bool,
}

/// Why the GPU at a place is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// An earlier call to it has not returned; another would hang as well.
    Stuck,
    /// It does not even say its name.
    Failed(Code),
}

impl Why {
    /// The reason by which its values are counted.
    pub(super) const fn absence(self) -> Option<Absence> {
        match self {
            Self::Stuck => Some(Absence::Timeout),
            Self::Failed(code) => code.absence(),
        }
    }

    /// Whether it is how things are here (a container that was given other GPUs), not a fault.
    pub(super) const fn is_intended(self) -> bool {
        matches!(self, Self::Failed(code) if matches!(code.class(), Class::Permission))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stuck => f.write_str("left alone, because an earlier call to it has not returned"),
            Self::Failed(Code::NO_PERMISSION) => {
                write!(f, "{}: /dev/nvidia* is not ours to open", Code::NO_PERMISSION)
            }
            Self::Failed(code) => code.fmt(f),
        }
    }
}
