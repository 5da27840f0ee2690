// SPDX-License-Identifier: Apache-2.0
//! The side that obeys: what the simulation asks in every call.
//!
//! It holds no lock while it waits, so that a call that hangs on one GPU blocks
//! its own thread and nothing else.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::thread;
use std::time::Duration;

use super::Control;
use super::gpu::GpuScript;
use super::layout::{REAL_TIME, Rule};
use super::queue::Queue;
use crate::{Costs, Function, Profile, SimError, clock};

/// How often a call that hangs looks whether it still has to.
const POLL: Duration = Duration::from_millis(2);

impl Control {
    /// Counts the call, then hangs, waits or fails as the rules say. Slots are
    /// those of a device that exists, hence in range.
    pub(crate) fn enforce(&self, function: Function, slot: Option<u32>) -> Result<(), SimError> {
        let rules = &self.layout().rules;
        let (any, own) = (&rules[0], &rules[function.row()]);
        let column = slot.map_or(0, |slot| slot as usize + 1);
        own[column].calls.fetch_add(1, Relaxed);
        // From the widest to the narrowest; without a GPU the last two are the first two again.
        let matching = [&any[0], &own[0], &any[column], &own[column]];
        let matching = if slot.is_some() { &matching[..] } else { &matching[..2] };

        matching.iter().for_each(|rule| hang(rule));
        let delay = matching.iter().map(|rule| rule.delay_us.load(Acquire)).max().unwrap_or(0);
        if delay > 0 {
            thread::sleep(Duration::from_micros(delay));
        }
        Costs::by_number(self.layout().costs.load(Relaxed)).spend(function);
        let code = matching.iter().rev().find_map(|rule| SimError::from_code(rule.code.load(Acquire)));
        code.map_or(Ok(()), Err)
    }

    /// Slots that have a GPU, as a set of bits.
    pub(crate) fn present(&self) -> u64 {
        self.layout().present.load(Acquire)
    }

    /// Whether the kernel module is loaded.
    pub(crate) fn is_loaded(&self) -> bool {
        self.layout().is_loaded()
    }

    /// How often the kernel module was loaded again.
    pub(crate) fn loads(&self) -> u32 {
        self.layout().loads.load(Acquire)
    }

    /// Version of the kernel module, if it is not the profile's.
    pub(crate) fn driver_version(&self) -> Option<String> {
        self.layout().driver_version()
    }

    /// The first two numbers of that.
    pub(crate) fn driver_number(&self) -> Option<(u32, u32)> {
        self.layout().driver_number()
    }

    /// The kind of node.
    pub(crate) fn profile_or_default(&self) -> Profile {
        Profile::by_number(self.layout().profile.load(Relaxed)).unwrap_or_default()
    }

    /// Whether a PCIe throughput call takes its time.
    pub(crate) fn waits_for_pcie(&self) -> bool {
        self.layout().hasty.load(Relaxed) == 0
    }

    /// What is scripted about a GPU. Slots are those of a device that exists, hence in range.
    pub(crate) fn script(&self, slot: u32) -> &GpuScript {
        &self.layout().gpus[slot as usize]
    }

    /// Events about the driver.
    pub(crate) fn system_events(&self) -> &Queue {
        &self.layout().system
    }

    /// Return code of the rule about everything of one GPU.
    pub(crate) fn code_of_gpu(&self, slot: u32) -> Option<SimError> {
        SimError::from_code(self.layout().rules[0][slot as usize + 1].code.load(Acquire))
    }

    /// When the simulation began, in microseconds since 1970.
    pub(crate) fn wall_epoch_us(&self) -> u64 {
        self.layout().wall_epoch_us.load(Relaxed)
    }

    /// Simulated time.
    pub(crate) fn now(&self) -> Duration {
        match self.layout().time_ns.load(Acquire) {
            REAL_TIME => {
                let epoch = self.layout().epoch_ns.load(Relaxed);
                Duration::from_nanos(clock::monotonic_ns().saturating_sub(epoch))
            }
            set => Duration::from_nanos(set),
        }
    }
}

fn hang(rule: &Rule) {
    if rule.hang.load(Acquire) == 0 {
        return;
    }
    rule.hanging.fetch_add(1, AcqRel);
    while rule.hang.load(Acquire) != 0 {
        thread::sleep(POLL);
    }
    rule.hanging.fetch_sub(1, AcqRel);
}
