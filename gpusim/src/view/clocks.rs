// SPDX-License-Identifier: Apache-2.0
//! Utilisation, clocks, and what holds the clocks down.

use super::View;
use crate::{Counter, SimError, reason};

/// A kind of clock. Graphics and SM run at the same speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockDomain {
    /// Graphics clock.
    Graphics,
    /// Clock of the streaming multiprocessors.
    Sm,
    /// Memory clock.
    Memory,
    /// Clock of the video engines.
    Video,
}

/// How busy a GPU is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utilization {
    /// Percent of time in which a kernel ran.
    pub gpu: u32,
    /// Percent of time in which memory was read or written.
    pub memory: u32,
}

/// What time of held-down clocks is counted for (`NVML_PERF_POLICY_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerfPolicy {
    /// The power limit.
    Power,
    /// Heat.
    Thermal,
    /// Another GPU of the same group.
    SyncBoost,
    /// A limit of the board: the power brake.
    BoardLimit,
    /// Nothing to do.
    LowUtilization,
    /// Reliability of the silicon.
    Reliability,
    /// Below application clocks for any of these.
    AppClocks,
    /// Below base clocks for any of these.
    BaseClocks,
}

impl View<'_> {
    /// How busy it is.
    ///
    /// # Errors
    /// It is partitioned.
    pub fn utilization(&self) -> Result<Utilization, SimError> {
        let reading = self.reading();
        self.undivided(Utilization { gpu: reading.utilization_gpu, memory: reading.utilization_memory })
    }

    /// Percent of an engine besides the cores.
    ///
    /// # Errors
    /// It is partitioned, or has no such engine.
    pub fn engine(&self, there: bool, percent: u32) -> Result<u32, SimError> {
        super::supported(there, percent).and_then(|percent| self.undivided(percent))
    }

    /// A clock in MHz.
    #[must_use]
    pub fn clock(&self, domain: ClockDomain) -> u32 {
        let reading = self.reading();
        match domain {
            ClockDomain::Graphics | ClockDomain::Sm => reading.clock_sm,
            ClockDomain::Memory => reading.clock_memory,
            ClockDomain::Video => reading.clock_video,
        }
    }

    /// The highest a clock gets, in MHz.
    #[must_use]
    pub fn max_clock(&self, domain: ClockDomain) -> u32 {
        match domain {
            ClockDomain::Graphics | ClockDomain::Sm => self.spec().sm_clock_max,
            ClockDomain::Memory => self.spec().memory_clock,
            ClockDomain::Video => self.spec().video_clock_max,
        }
    }

    /// Reasons that the board can give for its clocks.
    #[must_use]
    pub fn supported_reasons(&self) -> u64 {
        // The two that are not simulated are settings: application clocks and display clocks.
        0x102
            | reason::GPU_IDLE
            | reason::SW_POWER_CAP
            | reason::HW_SLOWDOWN
            | reason::SYNC_BOOST
            | reason::SW_THERMAL
            | reason::HW_THERMAL
            | reason::HW_POWER_BRAKE
    }

    /// Nanoseconds for which a reason held the clocks down since the driver was loaded; what
    /// never did is zero.
    #[must_use]
    pub fn held_ns(&self, reason: u64) -> u64 {
        let held = self.counters().held(reason).unwrap_or(0);
        if reason == reason::SW_POWER_CAP { self.set_back(Counter::PowerViolation, held) } else { held }
    }

    /// Nanoseconds for which a policy held the clocks down.
    #[must_use]
    pub fn violation_ns(&self, policy: PerfPolicy) -> u64 {
        let power = self.held_ns(reason::SW_POWER_CAP);
        let thermal = self.held_ns(reason::SW_THERMAL) + self.held_ns(reason::HW_THERMAL);
        let brake = self.held_ns(reason::HW_POWER_BRAKE);
        match policy {
            PerfPolicy::Power => power,
            PerfPolicy::Thermal => thermal,
            PerfPolicy::BoardLimit => brake,
            PerfPolicy::LowUtilization => self.held_ns(reason::GPU_IDLE),
            PerfPolicy::SyncBoost | PerfPolicy::Reliability => 0,
            PerfPolicy::AppClocks | PerfPolicy::BaseClocks => power + thermal + brake,
        }
    }

    /// The performance state.
    #[must_use]
    pub fn performance_state(&self) -> u32 {
        let idle = self.reading().clock_reasons & reason::GPU_IDLE != 0;
        if idle { self.spec().performance_state_idle } else { 0 }
    }
}
