// SPDX-License-Identifier: Apache-2.0
//! A node of simulated GPUs, and the calls that are not about one of them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::control::{Control, ControlError, first};
use crate::spec::{CUDA_DRIVER_VERSION, DRIVER_VERSION, H100_SXM5, NVML_VERSION, Spec};
use crate::{Clock, Device, Function, Identity, MAX_GPUS, Model, PciAddress, Reading, SimError, clock};

/// What node to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Number of GPUs, 0 to [`MAX_GPUS`].
    pub gpus: u32,
    /// What makes this node differ from another.
    pub seed: u64,
    /// Where time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self { gpus: crate::DEFAULT_GPUS, seed: crate::DEFAULT_SEED, clock: Clock::Real }
    }
}

/// A node of simulated GPUs. Clones are the same node.
///
/// Like the library, it answers only between [`init`](Simulation::init) and
/// [`shutdown`](Simulation::shutdown), which are counted.
#[derive(Clone, Debug)]
pub struct Simulation {
    node: Arc<Node>,
}

#[derive(Debug)]
struct Node {
    source: Source,
    initialised: AtomicU32,
    slots: Box<[Slot]>,
}

/// Who decides on time, GPUs and faults.
#[derive(Debug)]
enum Source {
    Options { present: u32, clock: Clock, epoch_ns: u64 },
    Control(Control),
}

/// Where a GPU is or may appear.
#[derive(Debug)]
struct Slot {
    identity: Identity,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    model: Model,
    energy_resets: u32,
    /// Energy at the last reset, in millijoules.
    energy_base: u64,
}

impl Simulation {
    /// A node without faults.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`] GPUs.
    pub fn new(options: Options) -> Result<Self, ControlError> {
        let Options { gpus, seed, clock } = options;
        let source = Source::Options { present: first(gpus)?, clock, epoch_ns: clock::monotonic_ns() };
        Ok(Self::build(source, seed))
    }

    /// A node that obeys `control`, which also has its number of GPUs, seed and time.
    #[must_use]
    pub fn scripted(control: Control) -> Self {
        let seed = control.seed();
        Self::build(Source::Control(control), seed)
    }

    fn build(source: Source, seed: u64) -> Self {
        let slot = |slot| Slot {
            identity: Identity::new(seed, slot),
            state: Mutex::new(State {
                model: Model::new(&H100_SXM5, seed, slot),
                energy_resets: 0,
                energy_base: 0,
            }),
        };
        let slots = (0..MAX_GPUS).map(slot).collect();
        Self { node: Arc::new(Node { source, initialised: AtomicU32::new(0), slots }) }
    }

    /// Whether this is the same node. No call of the library.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }

    /// `nvmlInit_v2`.
    ///
    /// # Errors
    /// What a [`Control`] says.
    pub fn init(&self) -> Result<(), SimError> {
        self.initialise(Function::Init)
    }

    /// `nvmlInitWithFlags`; no flag changes anything here.
    ///
    /// # Errors
    /// What a [`Control`] says.
    pub fn init_with_flags(&self, _flags: u32) -> Result<(), SimError> {
        self.initialise(Function::InitWithFlags)
    }

    fn initialise(&self, function: Function) -> Result<(), SimError> {
        self.obey(function, None)?;
        self.node.initialised.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// `nvmlShutdown`: takes back one initialisation.
    ///
    /// # Errors
    /// There is none left, or what a [`Control`] says.
    pub fn shutdown(&self) -> Result<(), SimError> {
        self.enter(Function::Shutdown, None)?;
        self.node
            .initialised
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1))
            .map(drop)
            .map_err(|_| SimError::UNINITIALIZED)
    }

    /// `nvmlSystemGetDriverVersion`.
    ///
    /// # Errors
    /// Not initialised, or what a [`Control`] says; so for all that follow.
    pub fn driver_version(&self) -> Result<&'static str, SimError> {
        self.enter(Function::SystemGetDriverVersion, None).map(|()| DRIVER_VERSION)
    }

    /// `nvmlSystemGetNVMLVersion`.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn nvml_version(&self) -> Result<&'static str, SimError> {
        self.enter(Function::SystemGetNvmlVersion, None).map(|()| NVML_VERSION)
    }

    /// `nvmlSystemGetCudaDriverVersion`.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn cuda_driver_version(&self) -> Result<i32, SimError> {
        self.enter(Function::SystemGetCudaDriverVersion, None).map(|()| CUDA_DRIVER_VERSION)
    }

    /// `nvmlSystemGetCudaDriverVersion_v2`.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn cuda_driver_version_v2(&self) -> Result<i32, SimError> {
        self.enter(Function::SystemGetCudaDriverVersionV2, None).map(|()| CUDA_DRIVER_VERSION)
    }

    /// `nvmlDeviceGetCount_v2`: the GPUs that are there, lost ones included.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn count(&self) -> Result<u32, SimError> {
        self.enter(Function::DeviceGetCount, None)?;
        Ok(self.present().count_ones())
    }

    /// `nvmlDeviceGetHandleByIndex_v2`.
    ///
    /// # Errors
    /// [`SimError::INVALID_ARGUMENT`] for an index that is too high, and see [`Simulation::driver_version`].
    pub fn device_by_index(&self, index: u32) -> Result<Device, SimError> {
        let present = self.present();
        let slot = (0..MAX_GPUS).filter(|slot| present & (1 << slot) != 0).nth(index as usize);
        self.found(Function::DeviceGetHandleByIndex, slot, SimError::INVALID_ARGUMENT)
    }

    /// `nvmlDeviceGetHandleByUUID`.
    ///
    /// # Errors
    /// [`SimError::NOT_FOUND`], and see [`Simulation::driver_version`].
    pub fn device_by_uuid(&self, uuid: &str) -> Result<Device, SimError> {
        let slot = self.slot_where(|identity| identity.uuid == uuid);
        self.found(Function::DeviceGetHandleByUuid, slot, SimError::NOT_FOUND)
    }

    /// `nvmlDeviceGetHandleByPciBusId_v2`.
    ///
    /// # Errors
    /// [`SimError::NOT_FOUND`], [`SimError::INVALID_ARGUMENT`] for what is no
    /// address, and see [`Simulation::driver_version`].
    pub fn device_by_pci_bus_id(&self, address: &str) -> Result<Device, SimError> {
        let address = PciAddress::parse(address);
        let slot = address.and_then(|address| self.slot_where(|identity| identity.pci == address));
        let missing = if address.is_some() { SimError::NOT_FOUND } else { SimError::INVALID_ARGUMENT };
        self.found(Function::DeviceGetHandleByPciBusId, slot, missing)
    }

    /// The device in a slot, as a handle that was given out earlier still names
    /// it. This is no call of the library: nothing is counted and no rule obeyed.
    #[must_use]
    pub fn device_in_slot(&self, slot: u32) -> Option<Device> {
        (slot < MAX_GPUS).then(|| Device::new(self.clone(), slot))
    }

    fn slot_where(&self, wanted: impl Fn(&Identity) -> bool) -> Option<u32> {
        let present = self.present();
        (0..MAX_GPUS).find(|slot| present & (1 << slot) != 0 && wanted(self.identity(*slot)))
    }

    fn found(&self, function: Function, slot: Option<u32>, missing: SimError) -> Result<Device, SimError> {
        self.enter(function, slot)?;
        slot.and_then(|slot| self.device_in_slot(slot)).ok_or(missing)
    }

    /// The beginning of every call but the initialising ones.
    pub(crate) fn enter(&self, function: Function, slot: Option<u32>) -> Result<(), SimError> {
        if self.node.initialised.load(Ordering::Acquire) == 0 {
            return Err(SimError::UNINITIALIZED);
        }
        self.obey(function, slot)?;
        // After a hang as well: the GPU may have gone meanwhile.
        match slot {
            Some(slot) if self.present() & (1 << slot) == 0 => Err(SimError::GPU_IS_LOST),
            _ => Ok(()),
        }
    }

    fn obey(&self, function: Function, slot: Option<u32>) -> Result<(), SimError> {
        match &self.node.source {
            Source::Options { .. } => Ok(()),
            Source::Control(control) => control.enforce(function, slot),
        }
    }

    pub(crate) fn present(&self) -> u32 {
        match &self.node.source {
            Source::Options { present, .. } => *present,
            Source::Control(control) => control.present(),
        }
    }

    fn now(&self) -> Duration {
        match &self.node.source {
            Source::Control(control) => control.now(),
            Source::Options { clock: Clock::Manual(clock), .. } => clock.now(),
            Source::Options { clock: Clock::Real, epoch_ns, .. } => {
                Duration::from_nanos(clock::monotonic_ns().saturating_sub(*epoch_ns))
            }
        }
    }

    pub(crate) fn identity(&self, slot: u32) -> &Identity {
        &self.node.slots[slot as usize].identity
    }

    pub(crate) fn spec(&self) -> &'static Spec {
        &H100_SXM5
    }

    pub(crate) fn reading(&self, slot: u32) -> Reading {
        // The lock covers the model's arithmetic only: never a wait.
        let state = &self.node.slots[slot as usize].state;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reading = state.model.at(self.now());
        if let Source::Control(control) = &self.node.source {
            let resets = control.energy_resets(slot);
            if resets != state.energy_resets {
                state.energy_resets = resets;
                state.energy_base = reading.energy_mj;
            }
        }
        reading.energy_mj -= state.energy_base;
        reading
    }
}
