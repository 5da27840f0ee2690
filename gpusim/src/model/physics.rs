// SPDX-License-Identifier: Apache-2.0
//! What a GPU does with a demand: clocks, power, energy, heat, memory.
//!
//! Only `+ - * /` and square roots, which IEEE 754 defines exactly: a seed
//! gives the same readings on every machine. The air gets hot enough for a
//! thermal slowdown only where a script heats it.

use super::Influence;
use super::clocks::Clocks;
use super::load::Demand;
use super::reading::Reading;
use super::samples::State;
use crate::noise::between;
use crate::spec::Spec;

/// Length of a step, in seconds.
const DT: f64 = 0.1;

/// Power limit of the board that the watts and degrees below are those of, in milliwatts. On
/// another board they go with its own limit.
const REFERENCE_MW: f64 = 700_000.0;

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
    /// Watts of this board to those of the reference.
    scale: f64,
    sm: f64,
    bandwidth: f64,
    codecs: [f64; 4],
    open: bool,
    clocks: Clocks,
    /// Watts of the memory in the present step.
    memory_watts: f64,
    power_limit_mw: u32,
    power_mw: u32,
    energy_uj: u64,
    die: f64,
    hbm: f64,
    allocated: f64,
}

impl Physics {
    pub(super) fn new(spec: &Spec, key: u64) -> Self {
        let air = between(24.0, 33.0, &[key, 20]);
        let scale = f64::from(spec.power_limit_mw) / REFERENCE_MW;
        Self {
            air,
            scale,
            sm: 0.0,
            bandwidth: 0.0,
            codecs: [0.0; 4],
            open: false,
            clocks: Clocks::new(),
            memory_watts: 0.0,
            power_limit_mw: spec.power_limit_mw,
            power_mw: floor(WATTS_BASE * scale * 1000.0),
            // The driver has counted for some weeks.
            energy_uj: crate::noise::mix(&[key, 21]) % 500_000_000_000_000,
            die: air + DIE.0 * WATTS_BASE,
            hbm: air + HBM.0 * WATTS_BASE,
            allocated: 0.0,
        }
    }

    /// Works for a step, and says what it takes on average, in milliwatts.
    pub(super) fn work(&mut self, spec: &Spec, demand: &Demand, influence: &Influence) -> f64 {
        // Readings are averages of about a second.
        approach(&mut self.sm, demand.sm, 0.25);
        approach(&mut self.bandwidth, demand.bandwidth, 0.25);
        let codecs = [demand.encoder, demand.decoder, demand.jpeg, demand.ofa];
        for (codec, demand) in self.codecs.iter_mut().zip(codecs) {
            approach(codec, demand, 0.25);
        }
        self.open = demand.open;
        self.power_limit_mw = influence
            .power_limit_mw
            .map_or(spec.power_limit_mw, |limit| limit.clamp(spec.power_limit_min_mw, spec.power_limit_mw));

        // All in watts of the reference board.
        let limit = f64::from(self.power_limit_mw) / 1000.0 / self.scale;
        self.memory_watts = WATTS_BANDWIDTH * self.bandwidth;
        let fixed = WATTS_BASE
            + self.memory_watts
            + WATTS_CODEC * self.codecs.iter().sum::<f64>()
            + WATTS_LEAKAGE * (self.die - 40.0).max(0.0);
        let open = if self.open { WATTS_OPEN } else { 0.0 };
        // Power of the cores goes with the square of their clock: the limit gives the clock.
        let cores = open + WATTS_SM * self.sm;
        let by_power = if fixed + cores > limit { ((limit - fixed) / cores).max(0.02).sqrt() } else { 1.0 };
        let idle = self.idle();
        self.clocks.decide(spec, (self.die, self.hbm), by_power, influence.brake, idle);
        let watts = fixed + cores * self.clocks.ratio * self.clocks.ratio;
        watts * self.scale * 1000.0
    }

    /// Takes over what the board drew in the step, in milliwatts.
    pub(super) fn settle(&mut self, drawn: f64, influence: &Influence) {
        // What the board's sensor shows lags a little.
        let mut shown = f64::from(self.power_mw);
        approach(&mut shown, drawn, 0.4);
        self.power_mw = floor(shown);
        // Milliwatts times 100 milliseconds are exact in microjoules.
        self.energy_uj += u64::from(self.power_mw) * 100;

        let watts = f64::from(self.power_mw) / 1000.0 / self.scale;
        let air = self.air + f64::from(influence.heat);
        approach(&mut self.die, air + DIE.0 * watts, DT / DIE.1);
        approach(&mut self.hbm, air + HBM.0 * watts + HBM_OWN * self.memory_watts, DT / HBM.1);
    }

    /// Takes over what the job holds, and says what a step's samples show.
    pub(super) fn state(&mut self, spec: &Spec, demand: &Demand) -> State {
        let usable = spec.memory_total - spec.memory_reserved - spec.memory_baseline;
        // Bytes of one GPU are exact in an f64.
        let wanted = demand.resident * usable as f64;
        self.allocated = wanted.clamp(self.allocated - FREES, self.allocated + ALLOCATES);
        let (clock_sm, _) = self.speeds(spec);
        State {
            percents: [
                percent(demand.sm),
                percent(demand.bandwidth),
                percent(demand.encoder),
                percent(demand.decoder),
                percent(demand.jpeg),
                percent(demand.ofa),
            ],
            clock_sm,
            clock_memory: spec.memory_clock,
        }
    }

    pub(super) fn restart_energy(&mut self) {
        self.energy_uj = 0;
    }

    pub(super) fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    fn idle(&self) -> bool {
        !self.open && self.sm < 0.005
    }

    /// SM and video clock in MHz.
    fn speeds(&self, spec: &Spec) -> (u32, u32) {
        let idle = self.idle();
        let clock = |low: u32, high: u32| {
            if idle {
                return low;
            }
            let steps = floor(self.clocks.ratio * f64::from(high - low)) / spec.clock_step;
            low + steps * spec.clock_step
        };
        (clock(spec.sm_clock_idle, spec.sm_clock_max), clock(spec.video_clock_idle, spec.video_clock_max))
    }

    pub(super) fn reading(&self, spec: &Spec) -> Reading {
        let (clock_sm, clock_video) = self.speeds(spec);
        // Never negative, and far below 2^53.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
        let allocated = self.allocated as u64 / PAGE * PAGE;
        let memory_used = spec.memory_baseline + allocated;
        Reading {
            utilization_gpu: percent(self.sm),
            utilization_memory: percent(self.bandwidth),
            utilization_encoder: percent(self.codecs[0]),
            utilization_decoder: percent(self.codecs[1]),
            utilization_jpeg: percent(self.codecs[2]),
            utilization_ofa: percent(self.codecs[3]),
            memory_used,
            memory_free: spec.memory_total - spec.memory_reserved - memory_used,
            power_mw: self.power_mw,
            power_instant_mw: self.power_mw,
            power_limit_mw: self.power_limit_mw,
            energy_mj: self.energy_uj / 1000,
            temperature_gpu: floor(self.die),
            temperature_memory: floor(self.hbm),
            clock_sm,
            clock_memory: spec.memory_clock,
            clock_video,
            clock_reasons: self.clocks.reasons,
            open: self.open,
            work: 0,
        }
    }
}

impl Demand {
    /// What of it a board can do at all.
    pub(super) fn on(mut self, spec: &Spec) -> Self {
        let with = |engines: u32, demand: f64| if engines == 0 { 0.0 } else { demand };
        self.encoder = with(spec.engines.encoders, self.encoder);
        self.decoder = with(spec.engines.decoders, self.decoder);
        self.jpeg = with(spec.engines.jpegs, self.jpeg);
        self.ofa = with(spec.engines.ofas, self.ofa);
        if spec.nvlink.is_none() {
            self.nvlink = 0.0;
        }
        self
    }
}

/// Goes a share of the way.
fn approach(value: &mut f64, goal: f64, share: f64) {
    *value += (goal - *value) * share;
}

pub(super) fn percent(ratio: f64) -> u32 {
    floor(ratio.clamp(0.0, 1.0) * 100.0 + 0.5)
}

/// The whole part of a number that is in the range of `u32`; `as` saturates outside it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the point of the function")]
pub(super) fn floor(value: f64) -> u32 {
    value as u32
}
