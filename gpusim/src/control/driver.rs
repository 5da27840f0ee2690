// SPDX-License-Identifier: Apache-2.0
//! The kernel module: unloaded, loaded again, of another version than the library.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::Control;
use super::layout::Layout;
use crate::{Function, SimError, Target};

/// Bytes of a version and its end.
const LENGTH: usize = 32;

impl Control {
    /// The kernel module is unloaded: every call says [`SimError::DRIVER_NOT_LOADED`], also the
    /// initialising ones.
    pub fn unload_driver(&self) {
        self.layout().unloaded.store(1, Release);
    }

    /// The kernel module is loaded again, as another version if one is given (31 bytes of it
    /// count). Energy, volatile memory errors and violation times start at zero. Who initialised
    /// the library before is told [`SimError::UNINITIALIZED`] until it has shut down and
    /// initialised again.
    pub fn load_driver(&self, version: Option<&str>) {
        let layout = self.layout();
        let mut bytes = [0; LENGTH];
        // The last byte stays zero.
        for (to, from) in bytes.iter_mut().take(LENGTH - 1).zip(version.unwrap_or("").bytes()) {
            *to = from;
        }
        for (word, part) in layout.driver.iter().zip(bytes.as_chunks::<8>().0) {
            word.store(u64::from_le_bytes(*part), Relaxed);
        }
        for errors in layout.gpus.iter().flat_map(|gpu| gpu.ecc_volatile.iter().flatten()) {
            errors.store(0, Relaxed);
        }
        layout.loads.fetch_add(1, AcqRel);
        layout.unloaded.store(0, Release);
    }

    /// The driver was updated on disk but not loaded yet, or loaded and not updated: every call
    /// says [`SimError::LIB_RM_VERSION_MISMATCH`] while it lasts.
    pub fn mismatch_versions(&self, on: bool) {
        let rule = &self.layout().rules[0][0];
        rule.code.store(if on { SimError::LIB_RM_VERSION_MISMATCH.code() } else { 0 }, Release);
    }

    /// The library is of an older version than this function. Through a library that is loaded
    /// already a symbol cannot go away, so calls say [`SimError::FUNCTION_NOT_FOUND`].
    pub fn without(&self, function: Function) {
        // There is a row for every function, and column 0 always.
        let target = Target::function(function);
        let _ = self.fail(target, SimError::FUNCTION_NOT_FOUND);
    }
}

impl Layout {
    /// Whether the kernel module is there.
    pub(super) fn is_loaded(&self) -> bool {
        self.unloaded.load(Acquire) == 0
    }

    /// Its version, if it is not the profile's.
    pub(super) fn driver_version(&self) -> Option<String> {
        let bytes = self.version();
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(String::from_utf8_lossy(text).into_owned()).filter(|text| !text.is_empty())
    }

    /// The first two numbers of that.
    pub(super) fn driver_number(&self) -> Option<(u32, u32)> {
        let bytes = self.version();
        let mut numbers = bytes.split(|byte| !byte.is_ascii_digit());
        let mut next = || str::from_utf8(numbers.next()?).ok()?.parse().ok();
        Some((next()?, next()?))
    }

    fn version(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        for (part, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(&self.driver) {
            *part = word.load(Relaxed).to_le_bytes();
        }
        bytes
    }
}
