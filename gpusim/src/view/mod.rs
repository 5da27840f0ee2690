// SPDX-License-Identifier: Apache-2.0
//! What a GPU, or an instance of a partitioned one, answers: one file per family.
//!
//! A view exists during one call. It reads and never waits; what it returns, error codes
//! included, is what the library's function of that family returns.

mod clocks;
mod ecc;
mod fabric;
mod fields;
mod fields_nvlink;
mod gpm;
mod instance;
mod memory;
mod nvlink;
mod pcie;
mod power;
mod processes;
mod rows;
mod samples;

use crate::control::GpuScript;
use crate::node::{Node, State};
use crate::{
    Counters, Function, Identity, MigInstance, MigLayout, Place, Profile, Reading, SimError, Spec,
    instance_uuid,
};

pub use clocks::{ClockDomain, PerfPolicy, Utilization};
pub use ecc::SramErrors;
pub use fabric::Fabric;
pub use fields::Field;
pub use gpm::{GPM_LINK_METRICS, GpmSample};
pub use instance::{Attributes, InstanceProfile};
pub use memory::{Bar1, MemoryInfo};
pub use nvlink::LinkCapability;
pub use power::Threshold;
pub use processes::ProcessLoad;
pub use rows::{RemappedRows, RowHistogram};

/// One GPU during one call.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) node: &'a Node,
    pub(crate) place: Place,
    pub(crate) script: &'a GpuScript,
    pub(crate) state: &'a State,
}

impl<'a> View<'a> {
    /// What kind of GPU it is.
    #[must_use]
    pub fn spec(&self) -> &'static Spec {
        self.node.profile.spec()
    }

    /// What kind of node it is in.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.node.profile
    }

    /// Everything that names the GPU.
    #[must_use]
    pub fn identity(&self) -> &'a Identity {
        &self.state.identity
    }

    /// What the GPU shows.
    #[must_use]
    pub fn reading(&self) -> &'a Reading {
        self.state.model.reading()
    }

    /// What the GPU has counted.
    #[must_use]
    pub fn counters(&self) -> &'a Counters {
        self.state.model.counters()
    }

    /// The GPU, or the instance.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Rank among the GPUs that are there, or among the instances of the GPU.
    #[must_use]
    pub fn index(&self) -> u32 {
        let before = self.node.present() & ((1 << self.place.slot) - 1);
        self.place.instance.unwrap_or(before.count_ones())
    }

    /// The UUID.
    #[must_use]
    pub fn uuid(&self) -> String {
        let gpu = &self.identity().uuid;
        match self.instance() {
            Some(instance) => instance_uuid(gpu, instance.gpu_instance, instance.compute_instance),
            None => gpu.clone(),
        }
    }

    /// The product name.
    #[must_use]
    pub fn name(&self) -> String {
        match self.instance() {
            Some(instance) => format!("{} MIG {}", self.spec().name, instance.profile(self.spec())),
            None => self.spec().name.to_owned(),
        }
    }

    /// Present time, in microseconds since 1970.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        self.node.wall_us(self.state.model.now_us())
    }

    /// How the GPU is partitioned.
    #[must_use]
    pub fn mig(&self) -> MigLayout {
        self.node.mig(self.place.slot)
    }

    /// The instance that is asked, if it is one.
    pub(crate) fn instance(&self) -> Option<MigInstance> {
        self.place.instance.and_then(|index| self.mig().instance(index))
    }

    /// Whether a function takes what is asked: a handle of an instance that is gone is none, and
    /// most functions are about whole GPUs.
    pub(crate) fn accepts(&self, function: Function) -> Result<(), SimError> {
        use Function as F;
        if self.place.instance.is_none() {
            return Ok(());
        }
        if self.instance().is_none() {
            return Err(SimError::INVALID_ARGUMENT);
        }
        match function {
            F::GetUuid
            | F::GetName
            | F::GetIndex
            | F::GetMemoryInfo
            | F::GetMemoryInfoV2
            | F::GetMemoryErrorCounter
            | F::GetMigMode
            | F::IsMigDeviceHandle
            | F::GetGpuInstanceId
            | F::GetComputeInstanceId
            | F::GetDeviceHandleFromMigDeviceHandle
            | F::GetAttributes
            | F::GetComputeRunningProcesses
            | F::GetGraphicsRunningProcesses
            | F::GetMpsComputeRunningProcesses
            | F::DeviceGetHandleByUuid => Ok(()),
            _ => Err(SimError::NOT_SUPPORTED),
        }
    }

    /// What is only there for a GPU that is not partitioned.
    pub(crate) fn undivided<T>(&self, value: T) -> Result<T, SimError> {
        if self.mig().is_on() { Err(SimError::NOT_SUPPORTED) } else { Ok(value) }
    }

    /// Kinds of events that the driver tells about it.
    #[must_use]
    pub fn supported_events(&self) -> u64 {
        crate::events::supported(self.profile().branch(), self.spec().mig.is_some())
    }

    /// Less than a counter has counted, if it was set back.
    pub(crate) fn set_back(&self, counter: crate::Counter, value: u64) -> u64 {
        use std::sync::atomic::Ordering::Acquire;
        value.saturating_sub(self.script.backwards[counter as usize].load(Acquire))
    }
}

/// What a board has.
pub(crate) fn supported<T>(has: bool, value: T) -> Result<T, SimError> {
    if has { Ok(value) } else { Err(SimError::NOT_SUPPORTED) }
}
