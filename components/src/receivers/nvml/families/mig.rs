// SPDX-License-Identifier: Apache-2.0
//! MIG: whether it is on, and instances as devices of their own.
//!
//! An instance has a scope of its own, so that its series end with it, and readings of its own:
//! what the driver tells of an instance (memory, what it consists of), not what it tells of GPUs.

use nvml_wrapper_sys::bindings::nvmlDeviceAttributes_t;
use tracecore_runtime::{Batch, ScopeId};

use super::super::Config;
use super::super::code::{Class, Code};
use super::super::driver::Device;
use super::super::gpm::Activity;
use super::super::group::{Group, Series, Verdict};
use super::super::identity::Identity;
use super::super::reading::{Read, reading};
use super::{info, memory};

reading! {
    /// Whether the GPU is divided.
    Mode: EachLook, "nvmlDeviceGetMigMode", Device::mig_mode => (u32, u32), |(current, pending)| {
        current: i64 = mig.enabled ["tracecore.gpu.mode" = "current"] => i64::from(current);
        pending: i64 = mig.enabled ["tracecore.gpu.mode" = "pending"] => i64::from(pending);
    }
    /// What an instance consists of.
    Parts: Once, "nvmlDeviceGetAttributes_v2", Device::attributes => nvmlDeviceAttributes_t, |parts| {
        gpu: i64 = mig.slices ["tracecore.gpu.mig.part" = "gpu_instance"] => parts.gpuInstanceSliceCount.into();
        compute: i64 = mig.slices
            ["tracecore.gpu.mig.part" = "compute_instance"] => parts.computeInstanceSliceCount.into();
        multiprocessors: i64 = mig.multiprocessors [] => parts.multiprocessorCount.into();
        copy: i64 = mig.engines ["tracecore.gpu.engine" = "copy"] => parts.sharedCopyEngineCount.into();
        decoder: i64 = mig.engines ["tracecore.gpu.engine" = "decoder"] => parts.sharedDecoderCount.into();
        encoder: i64 = mig.engines ["tracecore.gpu.engine" = "encoder"] => parts.sharedEncoderCount.into();
        jpeg: i64 = mig.engines ["tracecore.gpu.engine" = "jpeg"] => parts.sharedJpegCount.into();
        ofa: i64 = mig.engines ["tracecore.gpu.engine" = "ofa"] => parts.sharedOfaCount.into();
    }
}

/// What is read of an instance.
type OfAnInstance = (memory::Memory, Read<Parts>, info::Info);

/// An instance on a GPU.
#[derive(Debug)]
struct Instance {
    device: Device,
    identity: Identity,
    scope: ScopeId,
    readings: OfAnInstance,
    /// How busy it is, where the chip tells: asked of the GPU, not of the instance.
    activity: Option<Activity>,
    /// It does not answer as it did: it is gone, until a look says otherwise.
    gone: bool,
}

impl Instance {
    fn begin(gpu: &Device, device: Device, identity: Identity, series: &mut Series<'_, '_>) -> Self {
        let scope = series.scope(&identity);
        let mut series = series.of(scope, &identity);
        let readings = OfAnInstance::begin(&device, &mut series);
        let instance = identity.gpu_instance().filter(|_| series.config().groups.gpm);
        let activity = instance.map(|instance| Activity::begin(gpu, Some(instance), &mut series));
        Self { device, identity, scope, readings, activity, gone: false }
    }

    /// Reads it. What it does not answer any more is not the GPU's failure: instances go.
    #[inline]
    fn read(&mut self, gpu: &Device, out: &mut Batch, verdict: &mut Verdict) {
        if self.gone {
            return;
        }
        let mut own = verdict.of_an_instance();
        // A handle may go on answering, and for another instance, after its own was destroyed.
        if own.goes_on(0, out) && self.device.gpu_instance_id().ok() != self.identity.gpu_instance() {
            self.gone = true;
            verdict.look = true;
            return;
        }
        self.readings.read(&self.device, out, &mut own);
        if let Some(activity) = &mut self.activity {
            activity.read(gpu, out, &mut own);
        }
        if let Some((_, code)) = own.first {
            self.failed(code, own, verdict);
        }
    }

    #[cold]
    fn failed(&mut self, code: Code, own: Verdict, verdict: &mut Verdict) {
        let class = code.class();
        if matches!(class, Class::Lost | Class::Unsupported) || code == Code::INVALID_ARGUMENT {
            self.gone = true;
            verdict.look = true;
        } else {
            verdict.take(own);
        }
    }
}

/// All instances on a GPU.
#[derive(Debug)]
pub(in super::super) struct Instances(Vec<Instance>);

/// The instances that there are, in their order: places between them may be empty.
fn list(device: &Device) -> impl Iterator<Item = (Device, String)> + '_ {
    let on = device.mig_mode().is_ok_and(|(current, _)| current == 1);
    let places = 0..if on { device.max_instances().unwrap_or(0) } else { 0 };
    places.filter_map(|place| {
        let instance = device.instance(place).ok()?;
        let uuid = instance.uuid().ok()?;
        Some((instance, uuid))
    })
}

impl Group for Instances {
    fn most(_: &Config) -> usize {
        0
    }

    fn values(&self, config: &Config) -> usize {
        let values = |instance: &Instance| {
            instance.readings.values(config) + instance.activity.as_ref().map_or(0, |_| Activity::most())
        };
        self.0.iter().map(values).sum()
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let mut instances = Self(Vec::new());
        instances.look(device, series);
        instances
    }

    fn look(&mut self, gpu: &Device, series: &mut Series<'_, '_>) {
        let mut before = std::mem::take(&mut self.0);
        let found: Vec<_> = list(gpu).collect();
        // Those that went end before others begin.
        before.retain(|old| {
            let stays = !old.gone && found.iter().any(|(_, uuid)| *uuid == old.identity.uuid);
            if !stays {
                series.end_scope(old.scope);
            }
            stays
        });
        for (instance, uuid) in found {
            let at = before.iter().position(|old| old.identity.uuid == uuid);
            self.0.push(match at.map(|at| before.swap_remove(at)) {
                Some(mut old) => {
                    old.device = instance;
                    let Instance { device, identity, scope, readings, activity, .. } = &mut old;
                    let mut series = series.of(*scope, identity);
                    readings.look(device, &mut series);
                    if let Some(activity) = activity {
                        activity.look(gpu, identity.gpu_instance(), &mut series);
                    }
                    old
                }
                None => {
                    let identity = series.identity().instance(&instance, uuid);
                    Instance::begin(gpu, instance, identity, series)
                }
            });
        }
    }

    #[inline]
    fn read(&mut self, gpu: &Device, out: &mut Batch, verdict: &mut Verdict) {
        for instance in &mut self.0 {
            instance.read(gpu, out, verdict);
        }
    }

    fn end(&mut self, series: &mut Series<'_, '_>) {
        for instance in self.0.drain(..) {
            series.end_scope(instance.scope);
        }
    }

    fn missing(&self, _: &mut Vec<(&'static str, Code)>) {}

    fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        for (instance, _) in list(device).take(1) {
            OfAnInstance::survey(&instance, config, found);
        }
    }
}

/// MIG.
pub(in super::super) type Mig = (Read<Mode>, Instances);
