// SPDX-License-Identifier: Apache-2.0
//! What a GPU does with a demand: clocks, power, energy, heat, memory.
//!
//! Only `+ - * /` and square roots, which IEEE 754 defines exactly: a seed
//! gives the same readings on every machine. The air never gets hot enough for
//! a thermal slowdown; what holds the clocks down is the power limit.

use super::load::Demand;
use super::reading::Reading;
use crate::noise::between;
use crate::spec::Spec;

/// Length of a step, in seconds.
const DT: f64 = 0.1;

// Where the watts of a fully loaded board go. Together they exceed its limit.
const WATTS_BASE: f64 = 66.0;
const WATTS_OPEN: f64 = 48.0;
const WATTS_SM: f64 = 470.0;
const WATTS_BANDWIDTH: f64 = 165.0;
const WATTS_CODEC: f64 = 9.0;
/// Leakage per degree above 40 degrees Celsius.
const WATTS_LEAKAGE: f64 = 0.2;

/// Degrees above the air per watt, and seconds to get there.
const DIE: (f64, f64) = (0.062, 9.0);
const HBM: (f64, f64) = (0.055, 16.0);
/// Degrees that memory gains per watt of its own.
const HBM_OWN: f64 = 0.09;

/// Bytes that a job allocates and frees in a step.
const ALLOCATES: f64 = 1.2e9;
const FREES: f64 = 8.0e9;
/// CUDA takes memory in pages of this size.
const PAGE: u64 = 2 << 20;

#[derive(Clone, Debug)]
pub(super) struct Physics {
    /// Temperature of the air at this GPU: those further back get warmer air.
    air: f64,
    sm: f64,
    bandwidth: f64,
    encoder: f64,
    decoder: f64,
    open: bool,
    /// SM clock, as a ratio of its maximum, while it is not idle.
    clock: f64,
    power_mw: u32,
    energy_uj: u64,
    die: f64,
    hbm: f64,
    allocated: f64,
}

impl Physics {
    pub(super) fn new(spec: &Spec, key: u64) -> Self {
        let air = between(24.0, 33.0, &[key, 20]);
        let watts = WATTS_BASE;
        Self {
            air,
            sm: 0.0,
            bandwidth: 0.0,
            encoder: 0.0,
            decoder: 0.0,
            open: false,
            clock: 1.0,
            power_mw: floor(watts * 1000.0).min(spec.power_limit_mw),
            // The driver has counted for some weeks.
            energy_uj: crate::noise::mix(&[key, 21]) % 500_000_000_000_000,
            die: air + DIE.0 * watts,
            hbm: air + HBM.0 * watts,
            allocated: 0.0,
        }
    }

    pub(super) fn step(&mut self, spec: &Spec, demand: &Demand) {
        // Readings are averages of about a second.
        approach(&mut self.sm, demand.sm, 0.25);
        approach(&mut self.bandwidth, demand.bandwidth, 0.25);
        approach(&mut self.encoder, demand.encoder, 0.25);
        approach(&mut self.decoder, demand.decoder, 0.25);
        self.open = demand.open;

        let limit = f64::from(spec.power_limit_mw) / 1000.0;
        let memory_watts = WATTS_BANDWIDTH * self.bandwidth;
        let fixed = WATTS_BASE
            + memory_watts
            + WATTS_CODEC * (self.encoder + self.decoder)
            + WATTS_LEAKAGE * (self.die - 40.0).max(0.0);
        let open = if self.open { WATTS_OPEN } else { 0.0 };
        // Power of the cores goes with the square of their clock: the limit gives the clock.
        let cores = open + WATTS_SM * self.sm;
        self.clock = if fixed + cores > limit { ((limit - fixed) / cores).sqrt() } else { 1.0 };
        let watts = fixed + cores * self.clock * self.clock;

        // What the board's sensor shows lags a little, and never exceeds the limit.
        let mut shown = f64::from(self.power_mw);
        approach(&mut shown, watts * 1000.0, 0.4);
        self.power_mw = floor(shown).min(spec.power_limit_mw);
        // Milliwatts times 100 milliseconds are exact in microjoules.
        self.energy_uj += u64::from(self.power_mw) * 100;

        let watts = f64::from(self.power_mw) / 1000.0;
        approach(&mut self.die, self.air + DIE.0 * watts, DT / DIE.1);
        approach(&mut self.hbm, self.air + HBM.0 * watts + HBM_OWN * memory_watts, DT / HBM.1);

        let usable = spec.memory_total - spec.memory_reserved - spec.memory_baseline;
        // Bytes of one GPU are exact in an f64.
        let wanted = demand.resident * usable as f64;
        self.allocated = wanted.clamp(self.allocated - FREES, self.allocated + ALLOCATES);
    }

    pub(super) fn reading(&self, spec: &Spec) -> Reading {
        let idle = !self.open && self.sm < 0.005;
        let clock = |low: u32, high: u32| {
            if idle {
                return low;
            }
            let steps = floor(self.clock * f64::from(high - low)) / spec.clock_step;
            low + steps * spec.clock_step
        };
        // Never negative, and far below 2^53.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
        let allocated = self.allocated as u64 / PAGE * PAGE;
        let memory_used = spec.memory_baseline + allocated;
        Reading {
            utilization_gpu: percent(self.sm),
            utilization_memory: percent(self.bandwidth),
            utilization_encoder: percent(self.encoder),
            utilization_decoder: percent(self.decoder),
            memory_used,
            memory_free: spec.memory_total - spec.memory_reserved - memory_used,
            power_mw: self.power_mw,
            energy_mj: self.energy_uj / 1000,
            temperature_gpu: floor(self.die),
            temperature_memory: floor(self.hbm),
            clock_sm: clock(spec.sm_clock_idle, spec.sm_clock_max),
            clock_memory: spec.memory_clock,
            clock_video: clock(spec.video_clock_idle, spec.video_clock_max),
        }
    }
}

/// Goes a share of the way.
fn approach(value: &mut f64, goal: f64, share: f64) {
    *value += (goal - *value) * share;
}

fn percent(ratio: f64) -> u32 {
    floor(ratio.clamp(0.0, 1.0) * 100.0 + 0.5)
}

/// The whole part of a number that is in the range of `u32`; `as` saturates outside it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the point of the function")]
fn floor(value: f64) -> u32 {
    value as u32
}
