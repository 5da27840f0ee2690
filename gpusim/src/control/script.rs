// SPDX-License-Identifier: Apache-2.0
//! The side that scripts: rules, GPUs that come and go, time, counters.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::Duration;

use super::layout::{REAL_TIME, Rule};
use super::{Control, ControlError, Target, first};
use crate::{Costs, Function, MAX_GPUS, SimError, clock};

/// How what is scripted is written: everything before it is seen with it.
pub(super) const STORE: std::sync::atomic::Ordering = Release;

impl Control {
    /// Calls return this code from now on.
    ///
    /// # Errors
    /// The target's slot does not exist; so for all that take a target or a slot.
    pub fn fail(&self, target: Target, error: SimError) -> Result<(), ControlError> {
        self.rule(target)?.code.store(error.code(), Release);
        Ok(())
    }

    /// Calls take this much longer from now on. Of several rules the longest counts.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn delay(&self, target: Target, delay: Duration) -> Result<(), ControlError> {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.rule(target)?.delay_us.store(micros, Release);
        Ok(())
    }

    /// Calls block from now on, until the rule is cleared. Then they go on as
    /// if nothing had been.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn hang(&self, target: Target) -> Result<(), ControlError> {
        self.rule(target)?.hang.store(1, Release);
        Ok(())
    }

    /// Takes back what was scripted for exactly this target; counters stay.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn clear(&self, target: Target) -> Result<(), ControlError> {
        clear(self.rule(target)?);
        Ok(())
    }

    /// Takes back every rule. GPUs that are absent stay absent, counters stay.
    pub fn clear_all(&self) {
        self.layout().rules.iter().flatten().for_each(clear);
    }

    /// The GPU falls off the bus: it is still counted, and every call about it
    /// says [`SimError::GPU_IS_LOST`]. [`Control::clear`] of [`Target::gpu`] brings it back.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn lose(&self, slot: u32) -> Result<(), ControlError> {
        self.fail(Target::gpu(slot), SimError::GPU_IS_LOST)
    }

    /// Initialisation fails, by either of its functions; `None` lets it succeed again.
    pub fn fail_init(&self, error: Option<SimError>) {
        for function in [Function::Init, Function::InitWithFlags] {
            let rule = &self.layout().rules[function.row()][0];
            rule.code.store(error.map_or(0, SimError::code), Release);
        }
    }

    /// The first `gpus` slots have a GPU from now on, and the others none. A GPU
    /// that is gone is not counted and not found, and who still holds it is told
    /// [`SimError::GPU_IS_LOST`].
    ///
    /// # Errors
    /// More than [`MAX_GPUS`](crate::MAX_GPUS).
    pub fn set_gpus(&self, gpus: u32) -> Result<(), ControlError> {
        self.layout().present.store(first(gpus)?, Release);
        Ok(())
    }

    /// The GPU in `slot` is plugged in or pulled. The library's index of a GPU
    /// is its rank among those that are there, so indices behind it shift.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn set_present(&self, slot: u32, present: bool) -> Result<(), ControlError> {
        let bit = 1 << checked(slot)?;
        if present {
            self.layout().present.fetch_or(bit, AcqRel);
        } else {
            self.layout().present.fetch_and(!bit, AcqRel);
        }
        Ok(())
    }

    /// The GPU's energy counter starts again at zero, as after a driver reload.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn reset_energy(&self, slot: u32) -> Result<(), ControlError> {
        self.gpu(slot)?.energy_resets.fetch_add(1, AcqRel);
        Ok(())
    }

    /// What calls cost by themselves from now on, besides what rules say.
    pub fn set_costs(&self, costs: Costs) {
        self.layout().costs.store(costs.number(), Release);
    }

    /// Whether a PCIe throughput call takes the 20 ms for which it watches the bus, as it does
    /// unless this is set to false.
    pub fn set_pcie_wait(&self, waits: bool) {
        self.layout().hasty.store((!waits).into(), Release);
    }

    /// Simulated time stands at `now` since the start until it is set again;
    /// `None` goes back to real time. A step back is ignored by the model.
    pub fn set_time(&self, now: Option<Duration>) {
        // The last nanosecond of 584 years stands for real time; nobody will miss it.
        let ns = now.map_or(REAL_TIME, |now| clock::nanos(now).min(REAL_TIME - 1));
        self.layout().time_ns.store(ns, Release);
    }

    /// Calls of a function so far, about whichever GPU.
    #[must_use]
    pub fn calls(&self, function: Function) -> u64 {
        self.layout().rules[function.row()].iter().map(|rule| rule.calls.load(Relaxed)).sum()
    }

    /// Calls of a function about the GPU in `slot` so far.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn calls_on(&self, function: Function, slot: u32) -> Result<u64, ControlError> {
        Ok(self.rule(Target::call(function, slot))?.calls.load(Relaxed))
    }

    /// How many calls hang at the moment because of exactly this target's rule.
    ///
    /// # Errors
    /// See [`Control::fail`].
    pub fn hanging(&self, target: Target) -> Result<u32, ControlError> {
        Ok(self.rule(target)?.hanging.load(Acquire))
    }

    /// The seed that the node was made with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.layout().seed.load(Relaxed)
    }

    /// GPUs that are there.
    #[must_use]
    pub fn gpus(&self) -> u32 {
        self.present().count_ones()
    }

    fn rule(&self, target: Target) -> Result<&Rule, ControlError> {
        let column = match target.slot {
            None => 0,
            Some(slot) => checked(slot)? as usize + 1,
        };
        Ok(&self.layout().rules[target.function.map_or(0, Function::row)][column])
    }
}

fn clear(rule: &Rule) {
    rule.code.store(0, Release);
    rule.delay_us.store(0, Release);
    rule.hang.store(0, Release);
}

pub(super) fn checked(slot: u32) -> Result<u32, ControlError> {
    if slot < MAX_GPUS { Ok(slot) } else { Err(ControlError::NoSuchSlot { found: slot }) }
}
