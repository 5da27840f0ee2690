// SPDX-License-Identifier: Apache-2.0
//! The driver's request to let go of a GPU: with the library open, a GPU cannot be unbound from
//! its driver. Where the driver tells of it (`nvmlSystemEventTypeGpuDriverUnbind`), the library
//! is closed in time; on older drivers whoever unbinds has to stop the collector first.
#![allow(unsafe_code, reason = "the library is C")]

use std::ptr;

use nvml_wrapper_sys::bindings::{
    nvmlSystemEventData_v1_t, nvmlSystemEventSet_t, nvmlSystemEventSetCreateRequest_v1_t,
    nvmlSystemEventSetFreeRequest_v1_t, nvmlSystemEventSetWaitRequest_v1_t,
    nvmlSystemEventTypeGpuDriverUnbind, nvmlSystemRegisterEventRequest_v1_t,
};

use super::super::code::Code;
use super::super::driver::{Driver, check, struct_version, symbol};

/// A set in which the system's events are registered.
#[derive(Debug)]
pub(in super::super) struct Unbind {
    set: nvmlSystemEventSet_t,
    /// Keeps the library open until the set is freed.
    driver: Driver,
}

// SAFETY: a set is a name that the library looks up, used by one thread.
unsafe impl Send for Unbind {}

impl Unbind {
    /// Registers for the event.
    ///
    /// # Errors
    ///
    /// The driver has no such event, or does not let us have it.
    pub(in super::super) fn open(driver: &Driver) -> Result<Self, Code> {
        let create = symbol(&driver.lib().nvmlSystemEventSetCreate)?;
        let mut request = nvmlSystemEventSetCreateRequest_v1_t {
            version: struct_version::<nvmlSystemEventSetCreateRequest_v1_t>(1),
            set: ptr::null_mut(),
        };
        // SAFETY: it fills the set of a structure that says its version.
        check(unsafe { create(&raw mut request) })?;
        // From here on it is freed whatever happens.
        let unbind = Self { set: request.set, driver: driver.clone() };
        let register = symbol(&driver.lib().nvmlSystemRegisterEvents)?;
        let mut request = nvmlSystemRegisterEventRequest_v1_t {
            version: struct_version::<nvmlSystemRegisterEventRequest_v1_t>(1),
            eventTypes: nvmlSystemEventTypeGpuDriverUnbind.into(),
            set: unbind.set,
        };
        // SAFETY: the set is of this library.
        check(unsafe { register(&raw mut request) })?;
        Ok(unbind)
    }

    /// Whether the driver asks to let go of a GPU. Does not wait; a driver that does not answer
    /// asks for nothing.
    #[inline]
    pub(in super::super) fn requested(&self) -> bool {
        let Ok(wait) = symbol(&self.driver.lib().nvmlSystemEventSetWait) else { return false };
        let mut event = nvmlSystemEventData_v1_t { eventType: 0, gpuId: 0 };
        let mut request = nvmlSystemEventSetWaitRequest_v1_t {
            version: struct_version::<nvmlSystemEventSetWaitRequest_v1_t>(1),
            timeoutms: 0,
            set: self.set,
            data: &raw mut event,
            dataSize: 1,
            numEvent: 0,
        };
        // SAFETY: the set is of this library, and there is room for so many events.
        let code = unsafe { wait(&raw mut request) };
        code == 0
            && request.numEvent > 0
            && event.eventType & u64::from(nvmlSystemEventTypeGpuDriverUnbind) != 0
    }
}

impl Drop for Unbind {
    fn drop(&mut self) {
        if let Ok(free) = symbol(&self.driver.lib().nvmlSystemEventSetFree) {
            let mut request = nvmlSystemEventSetFreeRequest_v1_t {
                version: struct_version::<nvmlSystemEventSetFreeRequest_v1_t>(1),
                set: self.set,
            };
            // SAFETY: the set is of this library, which is open, and is not used again.
            unsafe { free(&raw mut request) };
        }
    }
}
