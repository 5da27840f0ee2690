// SPDX-License-Identifier: Apache-2.0
//! What a GPU showed lately: the ring that `nvmlDeviceGetSamples` reads.
//!
//! 120 states of 100 ms each, and of the power in them 120 samples of 20 ms each: what
//! `nvidia-smi -q -d POWER` shows of real boards.

use std::time::Duration;

use super::Model;
use super::physics::floor;
use crate::control::{SPIKES, Spike, ring};
use crate::noise::mix;

/// States that are kept.
const DEPTH: usize = 120;
/// Power samples of one state.
const FINE: usize = 5;
/// Microseconds between two power samples.
const FINE_US: i64 = 20_000;

/// What is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// Power in milliwatts.
    Power,
    /// Percent of the cores.
    Gpu,
    /// Percent of the memory interface.
    Memory,
    /// Percent of the encoder.
    Encoder,
    /// Percent of the decoder.
    Decoder,
    /// Percent of the JPEG engines.
    Jpeg,
    /// Percent of the optical flow engine.
    Ofa,
    /// SM clock in MHz.
    ClockSm,
    /// Memory clock in MHz.
    ClockMemory,
}

/// What a step's samples show, power apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Cores, memory, encoder, decoder, JPEG, optical flow.
    pub(super) percents: [u32; 6],
    pub(super) clock_sm: u32,
    pub(super) clock_memory: u32,
}

/// The last samples of one GPU.
#[derive(Clone, Debug)]
pub struct Samples {
    key: u64,
    /// The step of the newest state.
    step: u64,
    power: [[u32; FINE]; DEPTH],
    states: [State; DEPTH],
}

impl Samples {
    pub(super) fn new(key: u64) -> Self {
        Self { key, step: 0, power: [[0; FINE]; DEPTH], states: [State::default(); DEPTH] }
    }

    /// Draws a step's power samples around an average, spikes on top, and gives the average of
    /// what came out.
    pub(super) fn power(
        &mut self,
        step: u64,
        average: f64,
        begins: Option<Duration>,
        spikes: &[Spike; SPIKES],
    ) -> f64 {
        // Up to four percent up and down; together they change nothing.
        let noise = mix(&[self.key, step, 40]).to_le_bytes();
        let noise: [f64; FINE] = std::array::from_fn(|sample| f64::from(noise[sample]) / 255.0 - 0.5);
        let shift = noise.iter().sum::<f64>() / FINE as f64;
        let samples = &mut self.power[ring(step, DEPTH)];
        for (sample, noise) in samples.iter_mut().zip(noise) {
            *sample = floor(average * (1.0 + 0.08 * (noise - shift)));
        }
        let Some(begins) = begins.filter(|_| spikes.iter().any(|spike| !spike.length.is_zero())) else {
            return average;
        };
        // Twenty milliseconds.
        let fine = Duration::from_micros(FINE_US.unsigned_abs());
        for (place, sample) in (0_u32..).zip(samples.iter_mut()) {
            let (from, to) = (begins + fine * place, begins + fine * (place + 1));
            let hit = |spike: &&Spike| spike.at < to && from < spike.at + spike.length;
            for spike in spikes.iter().filter(hit) {
                *sample = spike.milliwatts.max(*sample);
            }
        }
        samples.iter().copied().map(f64::from).sum::<f64>() / FINE as f64
    }

    /// The newest power sample.
    pub(super) fn last_power(&self) -> u32 {
        self.power[ring(self.step, DEPTH)][FINE - 1]
    }

    /// Takes a step's state; its power has been drawn before.
    pub(super) fn push(&mut self, step: u64, state: &State) {
        self.step = step;
        self.states[ring(step, DEPTH)] = *state;
    }

    /// Time, in microseconds from the start of the simulation, and value of each sample, the
    /// oldest first.
    pub fn of(&self, kind: SampleKind) -> impl Iterator<Item = (i64, u32)> {
        let power = kind == SampleKind::Power;
        let (depth, fine) = if power { (DEPTH / FINE, FINE) } else { (DEPTH, 1) };
        let steps = self.step.saturating_sub(depth as u64) + 1..=self.step;
        steps.flat_map(move |step| {
            (0..fine).map(move |sample| {
                let ends = Model::end_us(step);
                // At most four.
                let later = (fine - 1 - sample) as i64;
                (ends - FINE_US * later, self.value(kind, step, sample))
            })
        })
    }

    fn value(&self, kind: SampleKind, step: u64, sample: usize) -> u32 {
        let place = ring(step, DEPTH);
        let state = &self.states[place];
        match kind {
            SampleKind::Power => self.power[place][sample],
            SampleKind::Gpu => state.percents[0],
            SampleKind::Memory => state.percents[1],
            SampleKind::Encoder => state.percents[2],
            SampleKind::Decoder => state.percents[3],
            SampleKind::Jpeg => state.percents[4],
            SampleKind::Ofa => state.percents[5],
            SampleKind::ClockSm => state.clock_sm,
            SampleKind::ClockMemory => state.clock_memory,
        }
    }
}
