// SPDX-License-Identifier: Apache-2.0
//! An event set of the library: one GPU registers with it, and it is polled without waiting.
//!
//! One set for each GPU, since a registration that fails leaves a set that is of no use: so a
//! GPU that cannot be watched takes no other along.
#![allow(unsafe_code, reason = "the library is C")]

use std::ptr;

use nvml_wrapper_sys::bindings::{nvmlEventData_t, nvmlEventSet_t};

use super::super::code::Code;
use super::super::driver::{Device, check, symbol};
use super::kinds::{WANTED, XID};

/// What the library says of an event that is not about an instance.
const NO_INSTANCE: u32 = u32::MAX;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The library's bit for its kind.
    pub(super) bit: u64,
    /// The code of an Xid.
    pub(super) data: u64,
    /// GPU instance and compute instance.
    pub(super) instance: Option<(u32, u32)>,
}

/// A set in which one GPU is registered.
#[derive(Debug)]
pub(super) struct EventSet {
    set: nvmlEventSet_t,
    /// Keeps the library open until the set is freed.
    device: Device,
    /// The bits that are registered.
    pub(super) registered: u64,
}

// SAFETY: a set is a name that the library looks up; the library is thread-safe by its
// documentation, and a set of ours is used by one thread.
unsafe impl Send for EventSet {}

impl EventSet {
    /// Registers a GPU for whatever of the wanted events it supports.
    pub(super) fn open(device: &Device) -> Result<Self, (&'static str, Code)> {
        const SUPPORTED: &str = "nvmlDeviceGetSupportedEventTypes";
        let mut bits = 0;
        let function =
            symbol(&device.lib().nvmlDeviceGetSupportedEventTypes).map_err(|code| (SUPPORTED, code))?;
        // SAFETY: the handle is of this library; it fills a number.
        check(unsafe { function(device.handle(), &raw mut bits) }).map_err(|code| (SUPPORTED, code))?;
        match bits & WANTED {
            0 => Err((SUPPORTED, Code::NOT_SUPPORTED)),
            wanted => match Self::register(device, wanted) {
                // A driver may name what it then does not take; Xids are worth a second try.
                Err(_) if wanted & XID != 0 && wanted != XID => Self::register(device, XID),
                outcome => outcome,
            },
        }
    }

    fn register(device: &Device, bits: u64) -> Result<Self, (&'static str, Code)> {
        const CREATE: &str = "nvmlEventSetCreate";
        const REGISTER: &str = "nvmlDeviceRegisterEvents";
        let create = symbol(&device.lib().nvmlEventSetCreate).map_err(|code| (CREATE, code))?;
        let mut handle = ptr::null_mut();
        // SAFETY: it fills a pointer.
        check(unsafe { create(&raw mut handle) }).map_err(|code| (CREATE, code))?;
        // From here on it is freed whatever happens.
        let set = Self { set: handle, device: device.clone(), registered: bits };
        let register = symbol(&device.lib().nvmlDeviceRegisterEvents).map_err(|code| (REGISTER, code))?;
        // SAFETY: handle and set are of this library.
        check(unsafe { register(device.handle(), bits, set.set) }).map_err(|code| (REGISTER, code))?;
        Ok(set)
    }

    /// The next event, if there is one. Does not wait.
    #[inline]
    pub(super) fn next(&self) -> Result<Option<Event>, Code> {
        let function = symbol(&self.device.lib().nvmlEventSetWait_v2)?;
        let mut data = nvmlEventData_t {
            device: ptr::null_mut(),
            eventType: 0,
            eventData: 0,
            gpuInstanceId: NO_INSTANCE,
            computeInstanceId: NO_INSTANCE,
        };
        // SAFETY: the set is of this library; it fills the structure.
        match check(unsafe { function(self.set, &raw mut data, 0) }) {
            Ok(()) => Ok(Some(Event {
                bit: data.eventType,
                data: data.eventData,
                instance: (data.gpuInstanceId != NO_INSTANCE)
                    .then_some((data.gpuInstanceId, data.computeInstanceId)),
            })),
            // Nothing came within no time at all.
            Err(Code::TIMEOUT) => Ok(None),
            Err(code) => Err(code),
        }
    }
}

impl Drop for EventSet {
    fn drop(&mut self) {
        if let Ok(free) = symbol(&self.device.lib().nvmlEventSetFree) {
            // SAFETY: the set is of this library, which is open, and is not used again.
            unsafe { free(self.set) };
        }
    }
}
