// SPDX-License-Identifier: Apache-2.0
//! One GPU over time: a workload asks, physics answers.
//!
//! The model advances in fixed steps of [`STEP`], so that what it shows at a
//! time does not depend on when it was read before. It starts warmed up: at
//! time zero the GPU has already been busy for two minutes. Catching up costs
//! about 50 ns a step (a day in which nobody looked: 45 ms, measured).
//!
//! It must never allocate, block or read a clock.

mod load;
mod physics;
mod reading;

use std::time::Duration;

use crate::spec::Spec;
use load::Load;
use physics::Physics;
pub use reading::Reading;

/// Time between two states of the model, about as often as a real driver's readings change.
pub const STEP: Duration = Duration::from_millis(100);

/// Steps taken before time zero: several thermal time constants.
const WARM_UP: u64 = 1200;

/// One simulated GPU.
#[derive(Clone, Debug)]
pub struct Model {
    spec: &'static Spec,
    load: Load,
    physics: Physics,
    /// Steps taken since the start of the warm-up.
    step: u64,
}

impl Model {
    /// The GPU in `slot` of the node that `seed` makes.
    #[must_use]
    pub fn new(spec: &'static Spec, seed: u64, slot: u32) -> Self {
        let key = crate::noise::mix(&[seed, u64::from(slot), 100]);
        Self { spec, load: Load::new(key), physics: Physics::new(spec, key), step: 0 }
    }

    /// What the GPU shows at `now`. Time never runs backwards: an earlier time
    /// than the last one shows the last state again.
    pub fn at(&mut self, now: Duration) -> Reading {
        // Milliseconds of any clock fit; what does not is the end of time.
        let steps = u64::try_from(now.as_millis() / STEP.as_millis()).unwrap_or(u64::MAX);
        let target = WARM_UP.saturating_add(steps);
        while self.step < target {
            self.step += 1;
            let demand = self.load.at(self.step);
            self.physics.step(self.spec, &demand);
        }
        self.physics.reading(self.spec)
    }
}
