// SPDX-License-Identifier: Apache-2.0
//! Where a lane is: what the watchdog reads of a thread that may be stuck in a driver call.
//!
//! Invariant: a lane only ever stores here; it never waits for whoever reads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A device that a receiver has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(u32);

impl Device {
    /// No device in particular.
    pub const NONE: Self = Self(0);
}

#[derive(Debug, Default)]
struct Shared {
    current: AtomicU32,
    names: Mutex<Vec<String>>,
}

/// Where a lane is.
#[derive(Clone, Debug, Default)]
pub struct Probe(Arc<Shared>);

impl Probe {
    /// A probe that nobody reads.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a device; the same name gives the same device.
    pub(crate) fn device(&self, name: &str) -> Device {
        let mut names = self.0.names.lock().unwrap_or_else(PoisonError::into_inner);
        let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        Device(u32::try_from(at + 1).unwrap_or(u32::MAX))
    }

    #[inline]
    pub(crate) fn entering(&self, device: Device) {
        self.0.current.store(device.0, Ordering::Relaxed);
    }

    /// The name of the device that the lane is at.
    pub(crate) fn current(&self) -> Option<String> {
        let at = self.0.current.load(Ordering::Relaxed).checked_sub(1)?;
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner).get(at as usize).cloned()
    }
}
