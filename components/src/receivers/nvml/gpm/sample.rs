// SPDX-License-Identifier: Apache-2.0
//! A sample of the library's: memory of its own, filled by one call and freed by another.
#![allow(unsafe_code, reason = "the library is C")]

use std::ptr;

use nvml_wrapper_sys::bindings::{NVML_GPM_SUPPORT_VERSION, nvmlGpmSample_t, nvmlGpmSupport_t};

use super::super::code::Code;
use super::super::driver::{Device, check, symbol};
use super::gate::{self, Inside};

/// Whether the chip has GPM.
pub(super) fn supported(device: &Device) -> Result<(), Code> {
    let function = symbol(&device.lib().nvmlGpmQueryDeviceSupport)?;
    let mut support = nvmlGpmSupport_t { version: NVML_GPM_SUPPORT_VERSION, isSupportedDevice: 0 };
    // SAFETY: the handle is of this library; it fills the structure, which says its version.
    check(unsafe { function(device.handle(), &raw mut support) })?;
    if support.isSupportedDevice == 0 { Err(Code::NOT_SUPPORTED) } else { Ok(()) }
}

/// A sample.
#[derive(Debug)]
pub(super) struct Sample {
    handle: nvmlGpmSample_t,
    /// Keeps the library open until the sample is freed.
    device: Device,
}

// SAFETY: memory of the library that no other sample shares; the gate lets one thread at a time
// call the functions that work on it.
unsafe impl Send for Sample {}

impl Sample {
    /// Has the library make one.
    pub(super) fn new(device: &Device, _inside: &Inside) -> Result<Self, Code> {
        let function = symbol(&device.lib().nvmlGpmSampleAlloc)?;
        let mut handle = ptr::null_mut();
        // SAFETY: it fills a pointer.
        check(unsafe { function(&raw mut handle) })?;
        if handle.is_null() {
            return Err(Code::UNKNOWN);
        }
        Ok(Self { handle, device: device.clone() })
    }

    /// What the library knows it by.
    #[inline]
    pub(super) const fn handle(&self) -> nvmlGpmSample_t {
        self.handle
    }

    /// Fills it with what is now: of the whole GPU, or of an instance on it.
    #[inline]
    pub(super) fn take(&self, device: &Device, instance: Option<u32>, _inside: &Inside) -> Result<(), Code> {
        match instance {
            None => {
                let function = symbol(&device.lib().nvmlGpmSampleGet)?;
                // SAFETY: handle and sample are of this library.
                check(unsafe { function(device.handle(), self.handle) })
            }
            Some(instance) => {
                let function = symbol(&device.lib().nvmlGpmMigSampleGet)?;
                // SAFETY: handle and sample are of this library.
                check(unsafe { function(device.handle(), instance, self.handle) })
            }
        }
    }
}

impl Drop for Sample {
    /// A driver without the function keeps the memory, and so does one in which another thread
    /// is stuck: a few kilobytes, against a crash.
    fn drop(&mut self) {
        if let (Ok(function), Some(_inside)) = (symbol(&self.device.lib().nvmlGpmSampleFree), gate::enter()) {
            // SAFETY: the sample is of this library, which is open, and is not used again.
            unsafe { function(self.handle) };
        }
    }
}
