// SPDX-License-Identifier: Apache-2.0
//! A node of simulated GPUs, and the calls that are not about one of them.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::control::{Control, ControlError, first};
use crate::node::{Node, Source};
use crate::view::View;
use crate::{
    Clock, Device, Event, Function, Identity, MAX_GPUS, PciAddress, Place, Profile, SimError, clock,
};

/// How often a wait for an event looks for one.
const POLL: Duration = Duration::from_millis(1);

/// What node to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Kind of GPUs and driver.
    pub profile: Profile,
    /// Number of GPUs, 0 to [`MAX_GPUS`].
    pub gpus: u32,
    /// What makes this node differ from another.
    pub seed: u64,
    /// Where time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            gpus: crate::DEFAULT_GPUS,
            seed: crate::DEFAULT_SEED,
            clock: Clock::Real,
        }
    }
}

/// A node of simulated GPUs. Clones are the same node.
///
/// Like the library, it answers only between [`init`](Simulation::init) and
/// [`shutdown`](Simulation::shutdown), which are counted.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(crate) node: Arc<Node>,
}

impl Simulation {
    /// A node without faults.
    ///
    /// # Errors
    /// More than [`MAX_GPUS`] GPUs.
    pub fn new(options: Options) -> Result<Self, ControlError> {
        let Options { profile, gpus, seed, clock } = options;
        let source = Source::Options { present: first(gpus)?, clock, epoch_ns: clock::monotonic_ns() };
        Ok(Self { node: Arc::new(Node::new(source, profile, seed)) })
    }

    /// A node that obeys `control`, which also has its kind and number of GPUs, seed and time.
    #[must_use]
    pub fn scripted(control: Control) -> Self {
        let (profile, seed) = (control.profile(), control.seed());
        Self { node: Arc::new(Node::new(Source::Control(control), profile, seed)) }
    }

    /// Whether this is the same node. No call of the library.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }

    /// The kind of node. No call of the library.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.node.profile
    }

    /// `nvmlInit_v2`.
    ///
    /// # Errors
    /// What a [`Control`] says.
    pub fn init(&self) -> Result<(), SimError> {
        self.node.initialise(Function::Init)
    }

    /// `nvmlInitWithFlags`; no flag changes anything here.
    ///
    /// # Errors
    /// What a [`Control`] says.
    pub fn init_with_flags(&self, _flags: u32) -> Result<(), SimError> {
        self.node.initialise(Function::InitWithFlags)
    }

    /// `nvmlShutdown`: takes back one initialisation.
    ///
    /// # Errors
    /// There is none left, or what a [`Control`] says.
    pub fn shutdown(&self) -> Result<(), SimError> {
        self.node.shutdown()
    }

    /// `nvmlSystemGetDriverVersion`.
    ///
    /// # Errors
    /// Not initialised, or what a [`Control`] says; so for all that follow.
    pub fn driver_version(&self) -> Result<String, SimError> {
        self.enter(Function::SystemGetDriverVersion, None).map(|()| self.node.driver_version())
    }

    /// `nvmlSystemGetNVMLVersion`: CUDA's major version, then the driver's.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn nvml_version(&self) -> Result<String, SimError> {
        self.enter(Function::SystemGetNvmlVersion, None)?;
        Ok(format!("{}.{}", self.node.profile.cuda_version() / 1000, self.node.driver_version()))
    }

    /// `nvmlSystemGetCudaDriverVersion`.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn cuda_driver_version(&self) -> Result<i32, SimError> {
        self.enter(Function::SystemGetCudaDriverVersion, None).map(|()| self.node.profile.cuda_version())
    }

    /// `nvmlSystemGetCudaDriverVersion_v2`.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn cuda_driver_version_v2(&self) -> Result<i32, SimError> {
        self.enter(Function::SystemGetCudaDriverVersionV2, None).map(|()| self.node.profile.cuda_version())
    }

    /// `nvmlDeviceGetCount_v2`: the GPUs that are there, lost ones included.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn count(&self) -> Result<u32, SimError> {
        self.enter(Function::DeviceGetCount, None)?;
        Ok(self.node.present().count_ones())
    }

    /// `nvmlDeviceGetHandleByIndex_v2`.
    ///
    /// # Errors
    /// [`SimError::INVALID_ARGUMENT`] for an index that is too high, and see [`Simulation::driver_version`].
    pub fn device_by_index(&self, index: u32) -> Result<Device, SimError> {
        let slot = self.node.slots().nth(index as usize);
        self.found(Function::DeviceGetHandleByIndex, slot.map(Place::gpu), SimError::INVALID_ARGUMENT)
    }

    /// `nvmlDeviceGetHandleByUUID`, of a GPU or of an instance of a partitioned one.
    ///
    /// # Errors
    /// [`SimError::NOT_FOUND`], and see [`Simulation::driver_version`].
    pub fn device_by_uuid(&self, uuid: &str) -> Result<Device, SimError> {
        let gpus = self.node.slots().map(Place::gpu);
        let instances = self.node.slots().flat_map(|slot| {
            let count = self.node.mig(slot).instances().count();
            (0..).take(count).map(move |instance| Place { slot, instance: Some(instance) })
        });
        let found = gpus.chain(instances).find(|place| self.node.view(*place, |view| view.uuid() == uuid));
        self.found(Function::DeviceGetHandleByUuid, found, SimError::NOT_FOUND)
    }

    /// `nvmlDeviceGetHandleByPciBusId_v2`.
    ///
    /// # Errors
    /// [`SimError::NOT_FOUND`], [`SimError::INVALID_ARGUMENT`] for what is no
    /// address, and see [`Simulation::driver_version`].
    pub fn device_by_pci_bus_id(&self, address: &str) -> Result<Device, SimError> {
        let address = PciAddress::parse(address);
        let at = |slot: &u32| address == Some(Identity::address(*slot));
        let place = self.node.slots().find(at).map(Place::gpu);
        let missing = if address.is_some() { SimError::NOT_FOUND } else { SimError::INVALID_ARGUMENT };
        self.found(Function::DeviceGetHandleByPciBusId, place, missing)
    }

    /// The device in a slot, as a handle that was given out earlier still names
    /// it. This is no call of the library: nothing is counted and no rule obeyed.
    #[must_use]
    pub fn device_in_slot(&self, slot: u32) -> Option<Device> {
        self.device_at(Place::gpu(slot))
    }

    /// The same for an instance, too.
    #[must_use]
    pub fn device_at(&self, place: Place) -> Option<Device> {
        (place.slot < MAX_GPUS).then(|| {
            self.node.prepare(place.slot);
            Device::new(self.clone(), place)
        })
    }

    fn found(&self, function: Function, place: Option<Place>, missing: SimError) -> Result<Device, SimError> {
        self.enter(function, place.map(|place| place.slot))?;
        place.and_then(|place| self.device_at(place)).ok_or(missing)
    }

    /// A call about a GPU or an instance: obeys what is scripted, then reads. It allocates
    /// nothing by itself; slots must be below [`MAX_GPUS`].
    ///
    /// # Errors
    /// See [`Simulation::driver_version`], and what `read` says.
    pub fn call<T>(
        &self,
        place: Place,
        function: Function,
        read: impl FnOnce(&View<'_>) -> Result<T, SimError>,
    ) -> Result<T, SimError> {
        self.node.call(place, function, read)
    }

    /// The beginning of every call but the initialising ones, for those that are about no GPU.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`].
    pub fn enter(&self, function: Function, slot: Option<u32>) -> Result<(), SimError> {
        self.node.enter(function, slot)
    }

    /// `nvmlEventSetCreate`, or its like for events of the system. Sets are numbers from 0 on.
    ///
    /// # Errors
    /// See [`Simulation::driver_version`]; so for all that follow.
    pub fn create_event_set(&self, system: bool) -> Result<u32, SimError> {
        self.enter(if system { Function::SystemEventSetCreate } else { Function::EventSetCreate }, None)?;
        Ok(self.node.events.create(system))
    }

    /// `nvmlEventSetFree`, or its like.
    ///
    /// # Errors
    /// [`SimError::INVALID_ARGUMENT`] for what is no set.
    pub fn free_event_set(&self, set: u32, system: bool) -> Result<(), SimError> {
        self.enter(if system { Function::SystemEventSetFree } else { Function::EventSetFree }, None)?;
        self.node.events.free(set, system)
    }

    /// `nvmlDeviceRegisterEvents`: a set hears of these kinds of events of a GPU from now on.
    ///
    /// # Errors
    /// [`SimError::NOT_SUPPORTED`] for kinds that the driver does not tell.
    pub fn register_events(&self, place: Place, kinds: u64, set: u32) -> Result<(), SimError> {
        let supported = self.call(place, Function::RegisterEvents, |view| Ok(view.supported_events()))?;
        if kinds & !supported != 0 {
            return Err(SimError::NOT_SUPPORTED);
        }
        self.node.events.register(set, Some(place.slot), kinds, &self.node.script(place.slot).events)
    }

    /// `nvmlSystemRegisterEvents`.
    ///
    /// # Errors
    /// [`SimError::INVALID_ARGUMENT`] for kinds that there are not.
    pub fn register_system_events(&self, kinds: u64, set: u32) -> Result<(), SimError> {
        self.enter(Function::SystemRegisterEvents, None)?;
        if kinds & !(crate::kind::DRIVER_UNBIND | crate::kind::DRIVER_BIND) != 0 {
            return Err(SimError::INVALID_ARGUMENT);
        }
        self.node.events.register(set, None, kinds, self.node.system_events())
    }

    /// `nvmlEventSetWait_v2`, or its like: the next event, with the slot of its GPU.
    ///
    /// # Errors
    /// [`SimError::TIMEOUT`] if there is none in time, and [`SimError::GPU_IS_LOST`].
    pub fn wait_for_event(
        &self,
        set: u32,
        system: bool,
        timeout: Duration,
    ) -> Result<(Option<u32>, Event), SimError> {
        self.enter(if system { Function::SystemEventSetWait } else { Function::EventSetWait }, None)?;
        let began = Instant::now();
        loop {
            let queue = |slot: Option<u32>| match slot {
                Some(slot) => &self.node.script(slot).events,
                None => self.node.system_events(),
            };
            if let Some(event) = self.node.events.next(set, system, queue)? {
                return Ok(event);
            }
            if !self.node.is_loaded() {
                return Err(SimError::DRIVER_NOT_LOADED);
            }
            let listening = self.node.events.slots(set);
            if (0..MAX_GPUS).any(|slot| listening & (1 << slot) != 0 && self.node.is_lost(slot)) {
                return Err(SimError::GPU_IS_LOST);
            }
            let left = timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(SimError::TIMEOUT);
            }
            thread::sleep(left.min(POLL));
        }
    }
}
