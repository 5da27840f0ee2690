// SPDX-License-Identifier: Apache-2.0
//! One GPU over time: a workload asks, physics answers.
//!
//! The model advances in fixed steps of [`STEP`], so that what it shows at a
//! time does not depend on when it was read before. It starts warmed up: at
//! time zero the GPU has already been busy for two minutes. Catching up costs
//! about 130 ns a step (a day in which nobody looked: 0.11 s, measured).
//!
//! It must never allocate, block or read a clock.

mod clocks;
mod counters;
mod load;
mod physics;
mod reading;
mod samples;

use std::time::Duration;

use crate::control::{SPIKES, Spike};
use crate::spec::Spec;
pub use clocks::reason;
pub use counters::{Activity, Counters};
use load::Load;
use physics::Physics;
pub use reading::Reading;
pub use samples::{SampleKind, Samples};

/// Time between two states of the model, about as often as a real driver's readings change.
pub const STEP: Duration = Duration::from_millis(100);

/// Steps taken before time zero: several thermal time constants.
const WARM_UP: u64 = 1200;

/// What acts on a GPU from outside.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Influence {
    /// Degrees that the air is warmer than it should be.
    pub(crate) heat: u32,
    /// The power supply asks for less.
    pub(crate) brake: bool,
    /// Power limit in milliwatts, if it is not the one as shipped.
    pub(crate) power_limit_mw: Option<u32>,
    /// Links without traffic, as a set of bits.
    pub(crate) links_down: u32,
    /// Times of more power.
    pub(crate) spikes: [Spike; SPIKES],
}

/// One simulated GPU.
#[derive(Clone, Debug)]
pub struct Model {
    spec: &'static Spec,
    load: Load,
    physics: Physics,
    reading: Reading,
    counters: Counters,
    samples: Samples,
    /// Steps taken since the start of the warm-up.
    step: u64,
}

impl Model {
    /// The GPU in `slot` of the node that `seed` makes.
    #[must_use]
    pub fn new(spec: &'static Spec, seed: u64, slot: u32) -> Self {
        let key = crate::noise::mix(&[seed, u64::from(slot), 100]);
        let physics = Physics::new(spec, key);
        let mut model = Self {
            spec,
            load: Load::new(key),
            reading: physics.reading(spec),
            physics,
            counters: Counters::new(key),
            samples: Samples::new(key),
            step: 0,
        };
        model.advance_to(WARM_UP, &Influence::default());
        model
    }

    /// What an undisturbed GPU shows at `now`. Time never runs backwards: an earlier time
    /// than the last one shows the last state again.
    pub fn at(&mut self, now: Duration) -> Reading {
        self.advance(now, &Influence::default());
        self.reading
    }

    /// Goes on until `now`, with what acts from outside during the time since the last call.
    pub(crate) fn advance(&mut self, now: Duration, influence: &Influence) {
        // Milliseconds of any clock fit; what does not is the end of time.
        let steps = u64::try_from(now.as_millis() / STEP.as_millis()).unwrap_or(u64::MAX);
        self.advance_to(WARM_UP.saturating_add(steps), influence);
    }

    fn advance_to(&mut self, target: u64, influence: &Influence) {
        if self.step >= target {
            return;
        }
        while self.step < target {
            self.step += 1;
            let demand = self.load.at(self.step).on(self.spec);
            let power = self.physics.work(self.spec, &demand, influence);
            let power = self.samples.power(self.step, power, Self::time(self.step), &influence.spikes);
            self.physics.settle(power, influence);
            self.samples.push(self.step, &self.physics.state(self.spec, &demand));
            self.counters.push(self.spec, &demand, self.physics.clocks(), influence);
        }
        self.reading = self.physics.reading(self.spec);
        self.reading.power_instant_mw = self.samples.last_power();
        self.reading.work = self.load.piece();
    }

    /// Whether it has come as far as `now` already.
    pub(crate) fn is_at(&self, now: Duration) -> bool {
        let steps = u64::try_from(now.as_millis() / STEP.as_millis()).unwrap_or(u64::MAX);
        self.step >= WARM_UP.saturating_add(steps)
    }

    /// The energy counter starts at zero.
    pub(crate) fn restart_energy(&mut self) {
        self.physics.restart_energy();
        self.reading.energy_mj = 0;
    }

    /// Everything that the driver counts starts at zero.
    pub(crate) fn restart_counters(&mut self) {
        self.restart_energy();
        self.counters.restart();
    }

    /// The beginning of a step, which may lie before the simulation's; then zero.
    fn time(step: u64) -> Option<Duration> {
        let steps = step.checked_sub(WARM_UP + 1)?;
        // 13 years of steps fit.
        u32::try_from(steps).ok().map(|steps| STEP * steps)
    }

    /// What it shows.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What it has counted since the start of the simulation.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What it showed lately.
    #[must_use]
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Microseconds from the start of the simulation to the end of a step; negative before it.
    pub(crate) fn end_us(step: u64) -> i64 {
        // A step number times 100000 stays in range for 29,000 years.
        let steps = i64::try_from(step).unwrap_or(i64::MAX / 200_000);
        (steps - WARM_UP as i64) * 100_000
    }

    /// Microseconds from the start of the simulation to the present state.
    pub(crate) fn now_us(&self) -> i64 {
        Self::end_us(self.step)
    }
}
