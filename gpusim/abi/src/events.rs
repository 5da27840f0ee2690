// SPDX-License-Identifier: Apache-2.0
//! Event sets, of GPUs and of the system. A set is a number, as a handle is.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{c_uint, c_ulonglong};
use std::ptr;
use std::time::Duration;

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlEventData_t, nvmlEventSet_t, nvmlSystemEventData_v1_t, nvmlSystemEventSet_t,
    nvmlSystemEventSetCreateRequest_v1_t, nvmlSystemEventSetFreeRequest_v1_t,
    nvmlSystemEventSetWaitRequest_v1_t, nvmlSystemRegisterEventRequest_v1_t,
};
use tracecore_gpusim::{Function as F, Place, SimError};

use crate::boundary::{ask, check, handle, place, put, version};
use crate::host::node;

/// Addresses of the first set of each kind.
const FIRST_SET: usize = 0x5152_0000;
const FIRST_SYSTEM_SET: usize = 0x5153_0000;
const STRIDE: usize = 16;

const CREATE_V1: c_uint = version::<nvmlSystemEventSetCreateRequest_v1_t>(1);
const FREE_V1: c_uint = version::<nvmlSystemEventSetFreeRequest_v1_t>(1);
const REGISTER_V1: c_uint = version::<nvmlSystemRegisterEventRequest_v1_t>(1);
const WAIT_V1: c_uint = version::<nvmlSystemEventSetWaitRequest_v1_t>(1);

export! {
    nvmlDeviceGetSupportedEventTypes(device: nvmlDevice_t, kinds: *mut c_ulonglong) =
        put(kinds, ask(device, F::GetSupportedEventTypes, |v| Ok(v.supported_events()))?);
    nvmlEventSetCreate(set: *mut nvmlEventSet_t) = {
        if set.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        let made = node(|node| node.create_event_set(false))?;
        put(set, ptr::without_provenance_mut(FIRST_SET + made as usize * STRIDE))
    };
    nvmlEventSetFree(set: nvmlEventSet_t) =
        node(|node| node.free_event_set(number(set.addr(), FIRST_SET)?, false));
    nvmlDeviceRegisterEvents(device: nvmlDevice_t, kinds: c_ulonglong, set: nvmlEventSet_t) =
        node(|node| node.register_events(place(device)?, kinds, number(set.addr(), FIRST_SET)?));
    nvmlEventSetWait_v2(set: nvmlEventSet_t, data: *mut nvmlEventData_t, timeout_ms: c_uint) = {
        if data.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        let (slot, event) = node(|node| {
            let timeout = Duration::from_millis(timeout_ms.into());
            node.wait_for_event(number(set.addr(), FIRST_SET)?, false, timeout)
        })?;
        put(data, nvmlEventData_t {
            device: slot.map_or(ptr::null_mut(), |slot| handle(Place::gpu(slot))),
            eventType: event.kind,
            eventData: event.data,
            gpuInstanceId: event.gpu_instance,
            computeInstanceId: event.compute_instance,
        })
    };

    nvmlSystemEventSetCreate(request: *mut nvmlSystemEventSetCreateRequest_v1_t) = {
        check(request, CREATE_V1)?;
        let made = node(|node| node.create_event_set(true))?;
        let set: nvmlSystemEventSet_t =
            ptr::without_provenance_mut(FIRST_SYSTEM_SET + made as usize * STRIDE);
        put(&raw mut (*request).set, set)
    };
    nvmlSystemEventSetFree(request: *mut nvmlSystemEventSetFreeRequest_v1_t) = {
        check(request, FREE_V1)?;
        let set = (*request).set;
        node(|node| node.free_event_set(number(set.addr(), FIRST_SYSTEM_SET)?, true))
    };
    nvmlSystemRegisterEvents(request: *mut nvmlSystemRegisterEventRequest_v1_t) = {
        check(request, REGISTER_V1)?;
        let (kinds, set) = ((*request).eventTypes, (*request).set);
        node(|node| node.register_system_events(kinds, number(set.addr(), FIRST_SYSTEM_SET)?))
    };
    nvmlSystemEventSetWait(request: *mut nvmlSystemEventSetWaitRequest_v1_t) = {
        check(request, WAIT_V1)?;
        let nvmlSystemEventSetWaitRequest_v1_t { timeoutms, set, data, dataSize: room, .. } = *request;
        if data.is_null() || room == 0 {
            return Err(SimError::INVALID_ARGUMENT);
        }
        let mut timeout = Duration::from_millis(timeoutms.into());
        let mut count = 0;
        while count < room {
            let event = node(|node| {
                node.wait_for_event(number(set.addr(), FIRST_SYSTEM_SET)?, true, timeout)
            });
            let event = match event {
                Ok((_, event)) => event,
                // Others may have come with the first, and that is that.
                Err(_) if count > 0 => break,
                Err(error) => return Err(error),
            };
            data.add(count as usize).write(nvmlSystemEventData_v1_t {
                eventType: event.kind,
                // It was one of 32 bits when it was sent.
                gpuId: u32::try_from(event.data).unwrap_or(u32::MAX),
            });
            count += 1;
            timeout = Duration::ZERO;
        }
        put(&raw mut (*request).numEvent, count)
    };
}

/// The number of a set whose address was given out.
fn number(address: usize, first: usize) -> Result<u32, SimError> {
    let offset = address.checked_sub(first).filter(|offset| offset.is_multiple_of(STRIDE));
    let number = offset.and_then(|offset| u32::try_from(offset / STRIDE).ok());
    number.ok_or(SimError::INVALID_ARGUMENT)
}
