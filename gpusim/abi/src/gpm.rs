// SPDX-License-Identifier: Apache-2.0
//! The performance counters of Hopper and later.
//!
//! A sample is memory of the library that the caller holds a pointer to, as with a real one.
#![allow(unsafe_code, reason = "the callers are C")]
#![allow(non_snake_case, reason = "the names are those of the C ABI")]

use std::ffi::{CStr, c_char, c_uint};

use nvml_wrapper_sys::bindings::{
    nvmlDevice_t, nvmlGpmMetric_t, nvmlGpmMetricsGet_t, nvmlGpmSample_t, nvmlGpmSupport_t,
};
use tracecore_gpusim::{Function as F, GpmSample, SimError, View};

use crate::boundary::{ask, put};
use crate::host::node;

/// Version of both structures; unlike others they have no size in it.
const V1: c_uint = 1;
/// Most metrics that any header has room for (477), and some more.
const MOST: c_uint = 1024;

/// What a sample points to: nothing was read into it yet, or this.
type Buffer = Option<GpmSample>;

export! {
    nvmlGpmQueryDeviceSupport(device: nvmlDevice_t, support: *mut nvmlGpmSupport_t) = {
        let has = ask(device, F::GpmQueryDeviceSupport, |v| Ok(v.has_gpm()))?;
        known(support.cast())?;
        put(&raw mut (*support).isSupportedDevice, has.into())
    };
    nvmlGpmSampleAlloc(sample: *mut nvmlGpmSample_t) = {
        if sample.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        node(|node| node.enter(F::GpmSampleAlloc, None))?;
        put(sample, Box::into_raw(Box::new(Buffer::None)).cast())
    };
    nvmlGpmSampleFree(sample: nvmlGpmSample_t) = {
        if sample.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        // Whatever state the node is in: what was allocated can be freed.
        drop(Box::from_raw(sample.cast::<Buffer>()));
        node(|node| node.enter(F::GpmSampleFree, None))
    };
    nvmlGpmSampleGet(device: nvmlDevice_t, sample: nvmlGpmSample_t) =
        ask(device, F::GpmSampleGet, |v| take(sample, v, None));
    nvmlGpmMigSampleGet(device: nvmlDevice_t, gpu_instance: c_uint, sample: nvmlGpmSample_t) =
        ask(device, F::GpmMigSampleGet, |v| take(sample, v, Some(gpu_instance)));
    nvmlGpmMetricsGet(request: *mut nvmlGpmMetricsGet_t) = {
        known(request.cast())?;
        node(|node| node.enter(F::GpmMetricsGet, None))?;
        let (count, before, after) = ((*request).numMetrics, (*request).sample1, (*request).sample2);
        if count > MOST || before.is_null() || after.is_null() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        let (before, after) = (&*before.cast::<Buffer>(), &*after.cast::<Buffer>());
        let (Some(before), Some(after)) = (before, after) else { return Err(SimError::INVALID_ARGUMENT) };
        // Newer headers have room for more metrics than this one; those in use come first.
        let metrics = (&raw mut (*request).metrics).cast::<nvmlGpmMetric_t>();
        for place in 0..count as usize {
            fill(&mut *metrics.add(place), before, after);
        }
        Ok(())
    };
}

/// Checks the version of a structure.
///
/// # Safety
/// `version` is null or valid for a read.
unsafe fn known(version: *const c_uint) -> Result<(), SimError> {
    // SAFETY: the same contract.
    unsafe { crate::boundary::check(version, V1) }
}

/// Reads a sample.
///
/// # Safety
/// `sample` is null, or was given out and not freed, and nobody else uses it.
unsafe fn take(sample: nvmlGpmSample_t, view: &View<'_>, instance: Option<u32>) -> Result<(), SimError> {
    if sample.is_null() {
        return Err(SimError::INVALID_ARGUMENT);
    }
    let taken = view.gpm_sample(instance)?;
    // SAFETY: by the contract it is a buffer of ours.
    unsafe { *sample.cast::<Buffer>() = Some(taken) };
    Ok(())
}

fn fill(metric: &mut nvmlGpmMetric_t, before: &GpmSample, after: &GpmSample) {
    let percent = metric.metricId < 20 || (30..60).contains(&metric.metricId);
    let (name, unit) = if percent { (c"activity", c"%") } else { (c"traffic", c"MiB/s") };
    let text = |text: &'static CStr| text.as_ptr().cast_mut().cast::<c_char>();
    metric.metricInfo.shortName = text(name);
    metric.metricInfo.longName = text(name);
    metric.metricInfo.unit = text(unit);
    match after.since(before, metric.metricId) {
        Ok(value) => (metric.value, metric.nvmlReturn) = (value, 0),
        Err(error) => (metric.value, metric.nvmlReturn) = (0.0, error.code()),
    }
}
