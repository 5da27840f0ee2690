// SPDX-License-Identifier: Apache-2.0
//! The node behind a [`Simulation`](crate::Simulation): who decides, and the state of each GPU.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::control::{Control, GpuScript, Queue};
use crate::events::EventSets;
use crate::model::Influence;
use crate::view::View;
use crate::{Clock, Function, Identity, MAX_GPUS, MigLayout, Model, Profile, SimError, clock};

/// What is scripted where nothing is.
static NOTHING: GpuScript = GpuScript::EMPTY;
static SILENCE: Queue = Queue::EMPTY;

/// A GPU, or an instance of a partitioned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where the GPU sits.
    pub slot: u32,
    /// Index of the instance.
    pub instance: Option<u32>,
}

impl Place {
    /// The GPU in a slot.
    #[must_use]
    pub const fn gpu(slot: u32) -> Self {
        Self { slot, instance: None }
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) source: Source,
    pub(crate) profile: Profile,
    pub(crate) seed: u64,
    pub(crate) events: EventSets,
    initialised: AtomicU32,
    /// How often the kernel module had been loaded at the first initialisation.
    loads: AtomicU32,
    /// When simulated time was zero, in microseconds since 1970.
    epoch_us: u64,
    slots: Box<[OnceLock<Box<Mutex<State>>>]>,
}

/// Who decides on time, GPUs and faults.
#[derive(Debug)]
pub(crate) enum Source {
    Options { present: u64, clock: Clock, epoch_ns: u64 },
    Control(Control),
}

/// A GPU.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) model: Model,
    pub(crate) identity: Identity,
    swaps: u32,
    energy_resets: u32,
    loads: u32,
}

impl Node {
    pub(crate) fn new(source: Source, profile: Profile, seed: u64) -> Self {
        let epoch_us = match &source {
            Source::Control(control) => control.wall_epoch_us(),
            // A time that the caller sets has nothing to do with the wall's.
            Source::Options { clock: Clock::Manual(_), .. } => 1_700_000_000_000_000,
            Source::Options { clock: Clock::Real, .. } => clock::wall_us(),
        };
        Self {
            source,
            profile,
            seed,
            events: EventSets::default(),
            initialised: AtomicU32::new(0),
            loads: AtomicU32::new(0),
            epoch_us,
            slots: (0..MAX_GPUS).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The initialising calls.
    pub(crate) fn initialise(&self, function: Function) -> Result<(), SimError> {
        self.obey(function, None)?;
        if self.initialised.fetch_add(1, Ordering::AcqRel) == 0 {
            self.loads.store(self.source_loads(), Ordering::Release);
        }
        Ok(())
    }

    /// Takes back one initialisation; that works without a driver, too.
    pub(crate) fn shutdown(&self) -> Result<(), SimError> {
        if self.initialised.load(Ordering::Acquire) == 0 {
            return Err(SimError::UNINITIALIZED);
        }
        if let Source::Control(control) = &self.source {
            control.enforce(Function::Shutdown, None)?;
        }
        self.initialised
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1))
            .map(drop)
            .map_err(|_| SimError::UNINITIALIZED)
    }

    /// The beginning of every call but the initialising ones.
    pub(crate) fn enter(&self, function: Function, slot: Option<u32>) -> Result<(), SimError> {
        if self.initialised.load(Ordering::Acquire) == 0 {
            return Err(SimError::UNINITIALIZED);
        }
        self.obey(function, slot)?;
        if self.source_loads() != self.loads.load(Ordering::Acquire) {
            return Err(SimError::UNINITIALIZED);
        }
        if !self.profile.has(function) {
            return Err(SimError::FUNCTION_NOT_FOUND);
        }
        // After a hang as well: the GPU may have gone meanwhile.
        match slot {
            Some(slot) if self.present() & (1 << slot) == 0 => Err(SimError::GPU_IS_LOST),
            _ => Ok(()),
        }
    }

    fn obey(&self, function: Function, slot: Option<u32>) -> Result<(), SimError> {
        match &self.source {
            Source::Options { .. } => Ok(()),
            Source::Control(control) => {
                control.enforce(function, slot)?;
                if control.is_loaded() { Ok(()) } else { Err(SimError::DRIVER_NOT_LOADED) }
            }
        }
    }

    /// A call about a GPU or an instance: what it obeys, then what it reads.
    pub(crate) fn call<T>(
        &self,
        place: Place,
        function: Function,
        read: impl FnOnce(&View<'_>) -> Result<T, SimError>,
    ) -> Result<T, SimError> {
        self.enter(function, Some(place.slot))?;
        self.view(place, |view| {
            view.accepts(function)?;
            read(view)
        })
    }

    /// What a GPU shows. No call of the library.
    pub(crate) fn view<T>(&self, place: Place, read: impl FnOnce(&View<'_>) -> T) -> T {
        let script = self.script(place.slot);
        let now = self.now();
        let state = self.slots[place.slot as usize].get_or_init(|| self.state(place.slot));
        // The lock covers the model's arithmetic only: never a wait.
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.model.is_at(now) {
            state.model.advance(now, &script.influence());
        }
        self.catch_up(&mut state, place.slot, script);
        read(&View { node: self, place, script, state: &state })
    }

    /// Makes what a first call about a GPU needs, so that the first call allocates nothing either,
    /// and brings the model up to now, so that what is scripted later acts from then on.
    pub(crate) fn prepare(&self, slot: u32) {
        self.view(Place::gpu(slot), |_| ());
    }

    fn state(&self, slot: u32) -> Box<Mutex<State>> {
        Box::new(Mutex::new(State {
            model: Model::new(self.profile.spec(), self.seed, slot),
            identity: Identity::new(self.seed, slot),
            swaps: 0,
            energy_resets: 0,
            loads: 0,
        }))
    }

    fn catch_up(&self, state: &mut State, slot: u32, script: &GpuScript) {
        let swaps = script.uuid.load(Ordering::Acquire);
        if swaps != state.swaps {
            state.swaps = swaps;
            state.identity = Identity::swapped(self.seed, slot, swaps);
        }
        let resets = script.energy_resets.load(Ordering::Acquire);
        if resets != state.energy_resets {
            state.energy_resets = resets;
            state.model.restart_energy();
        }
        let loads = self.source_loads();
        if loads != state.loads {
            state.loads = loads;
            state.model.restart_counters();
        }
    }

    pub(crate) fn script(&self, slot: u32) -> &GpuScript {
        match &self.source {
            Source::Options { .. } => &NOTHING,
            Source::Control(control) => control.script(slot),
        }
    }

    pub(crate) fn system_events(&self) -> &Queue {
        match &self.source {
            Source::Options { .. } => &SILENCE,
            Source::Control(control) => control.system_events(),
        }
    }

    /// Slots that have a GPU, as a set of bits.
    pub(crate) fn present(&self) -> u64 {
        match &self.source {
            Source::Options { present, .. } => *present,
            Source::Control(control) => control.present(),
        }
    }

    /// Slots that have a GPU, the lowest first.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> {
        let present = self.present();
        (0..MAX_GPUS).filter(move |slot| present & (1 << slot) != 0)
    }

    /// How a GPU is partitioned.
    pub(crate) fn mig(&self, slot: u32) -> MigLayout {
        if self.profile.spec().mig.is_none() {
            return MigLayout::Off;
        }
        let number = self.script(slot).mig.load(Ordering::Acquire);
        MigLayout::by_number(number).unwrap_or(self.profile.mig())
    }

    pub(crate) fn driver_version(&self) -> String {
        let scripted = match &self.source {
            Source::Options { .. } => None,
            Source::Control(control) => control.driver_version(),
        };
        scripted.unwrap_or_else(|| self.profile.driver_version().to_owned())
    }

    /// The first two numbers of the driver's version.
    pub(crate) fn driver_number(&self) -> (u32, u32) {
        let scripted = match &self.source {
            Source::Options { .. } => None,
            Source::Control(control) => control.driver_number(),
        };
        scripted.unwrap_or(self.profile.driver_number())
    }

    /// The kernel module's state is that of no event, but a loop that waits has to look at it.
    pub(crate) fn is_loaded(&self) -> bool {
        match &self.source {
            Source::Options { .. } => true,
            Source::Control(control) => control.is_loaded(),
        }
    }

    /// Whether a GPU has gone, or is scripted to be lost.
    pub(crate) fn is_lost(&self, slot: u32) -> bool {
        let code = match &self.source {
            Source::Options { .. } => None,
            Source::Control(control) => control.code_of_gpu(slot),
        };
        self.present() & (1 << slot) == 0 || code == Some(SimError::GPU_IS_LOST)
    }

    pub(crate) fn waits_for_pcie(&self) -> bool {
        match &self.source {
            Source::Options { .. } => true,
            Source::Control(control) => control.waits_for_pcie(),
        }
    }

    fn source_loads(&self) -> u32 {
        match &self.source {
            Source::Options { .. } => 0,
            Source::Control(control) => control.loads(),
        }
    }

    fn now(&self) -> Duration {
        match &self.source {
            Source::Control(control) => control.now(),
            Source::Options { clock: Clock::Manual(clock), .. } => clock.now(),
            Source::Options { clock: Clock::Real, epoch_ns, .. } => {
                Duration::from_nanos(clock::monotonic_ns().saturating_sub(*epoch_ns))
            }
        }
    }

    /// A time of the model, in microseconds since 1970.
    pub(crate) fn wall_us(&self, us: i64) -> u64 {
        self.epoch_us.saturating_add_signed(us)
    }
}

impl GpuScript {
    /// What acts on the model.
    fn influence(&self) -> Influence {
        let load = |of: &AtomicU32| of.load(Ordering::Acquire);
        Influence {
            heat: load(&self.heat),
            brake: load(&self.brake) != 0,
            power_limit_mw: Some(load(&self.power_limit)).filter(|limit| *limit != 0),
            links_down: load(&self.links_down),
            spikes: self.spikes(),
        }
    }
}
