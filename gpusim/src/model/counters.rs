// SPDX-License-Identifier: Apache-2.0
//! What a GPU counts: time of activity, bytes over its links, time of held-down clocks.
//!
//! Whole numbers, so that they stay exact however long the simulation runs.

use super::Influence;
use super::clocks::{Clocks, reason};
use super::load::Demand;
use crate::control::LINKS;
use crate::spec::Spec;

/// A part of the GPU that is active or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Some kernel runs.
    Graphics,
    /// A streaming multiprocessor has something to do.
    Sm,
    /// Warps that are resident, of those that could be.
    Occupancy,
    /// Integer units.
    Integer,
    /// Tensor cores.
    Tensor,
    /// Tensor cores, double precision.
    TensorDouble,
    /// Tensor cores, half precision.
    TensorHalf,
    /// Tensor cores, integers.
    TensorInteger,
    /// Memory interface.
    Dram,
    /// Double precision.
    Fp64,
    /// Single precision.
    Fp32,
    /// Half precision.
    Fp16,
    /// Decoders.
    Decoder,
    /// JPEG engines.
    Jpeg,
    /// Optical flow engine.
    Ofa,
    /// Encoders.
    Encoder,
}

/// How many activities there are.
const ACTIVITIES: usize = Activity::Encoder as usize + 1;
/// Reasons whose time is counted.
const REASONS: [u64; 5] =
    [reason::SW_POWER_CAP, reason::SW_THERMAL, reason::HW_THERMAL, reason::HW_POWER_BRAKE, reason::GPU_IDLE];
/// Length of a step.
const STEP_NS: u64 = 100_000_000;

/// What one GPU has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Microseconds of activity since the start.
    activity: [u64; ACTIVITIES],
    /// Bytes over PCIe from and to the GPU.
    pub pcie: [u64; 2],
    /// Bytes over NVLink from the GPU and to it, by link.
    pub nvlink: [[u64; LINKS]; 2],
    /// Bytes per second over PCIe at present, from and to the GPU.
    pub pcie_rate: [u64; 2],
    /// Nanoseconds of each of `REASONS`.
    held: [u64; REASONS.len()],
    /// Nanoseconds since the start.
    pub elapsed_ns: u64,
}

impl Counters {
    pub(super) fn new(key: u64) -> Self {
        let before = |what| crate::noise::mix(&[key, what]) % 1_000_000_000_000_000;
        Self {
            activity: [0; ACTIVITIES],
            pcie: [before(30), before(31)],
            // The links were reset with the driver.
            nvlink: [[0; LINKS]; 2],
            pcie_rate: [0; 2],
            held: [0; REASONS.len()],
            elapsed_ns: 0,
        }
    }

    /// As after a driver reload; what PCIe counted stays with the board.
    pub(super) fn restart(&mut self) {
        self.activity = [0; ACTIVITIES];
        self.nvlink = [[0; LINKS]; 2];
        self.held = [0; REASONS.len()];
        self.elapsed_ns = 0;
    }

    pub(super) fn push(&mut self, spec: &Spec, demand: &Demand, clocks: &Clocks, influence: &Influence) {
        self.elapsed_ns += STEP_NS;
        for (time, reason) in self.held.iter_mut().zip(REASONS) {
            if clocks.reasons & reason != 0 {
                *time += STEP_NS;
            }
        }
        let plain = demand.sm - demand.tensor;
        for (activity, ratio) in [
            (Activity::Graphics, demand.sm),
            (Activity::Sm, demand.sm * 0.93),
            (Activity::Occupancy, demand.sm * 0.42),
            (Activity::Integer, plain * 0.5),
            (Activity::Tensor, demand.tensor),
            (Activity::TensorHalf, demand.tensor * 0.96),
            (Activity::TensorInteger, demand.tensor * 0.04),
            (Activity::TensorDouble, 0.0),
            (Activity::Dram, demand.bandwidth),
            (Activity::Fp64, plain * 0.01),
            (Activity::Fp32, plain * 0.4),
            (Activity::Fp16, plain * 0.2),
            (Activity::Decoder, demand.decoder),
            (Activity::Jpeg, demand.jpeg),
            (Activity::Ofa, demand.ofa),
            (Activity::Encoder, demand.encoder),
        ] {
            self.activity[activity as usize] += whole(ratio.clamp(0.0, 1.0) * 100_000.0);
        }
        // A generation doubles the speed of the one before; 16 lanes of the first do 4 GB/s.
        let pcie = f64::from(1 << (spec.pcie_generation - 1)) * 4e9 * demand.pcie.max(0.0);
        self.pcie_rate = [whole(pcie / 3.0), whole(pcie)];
        for (bytes, rate) in self.pcie.iter_mut().zip(self.pcie_rate) {
            *bytes += rate / 10;
        }
        let Some(nvlink) = spec.nvlink else { return };
        let rate = f64::from(nvlink.megabytes_per_second) * 1e6 * demand.nvlink.max(0.0);
        for (direction, share) in self.nvlink.iter_mut().zip([1.0, 0.98]) {
            let bytes = whole(rate * share / 10.0);
            for (link, counted) in direction.iter_mut().take(nvlink.links as usize).enumerate() {
                if influence.links_down & (1 << link) == 0 {
                    *counted += bytes;
                }
            }
        }
    }

    /// Microseconds in which a part was active.
    #[must_use]
    pub fn activity(&self, activity: Activity) -> u64 {
        self.activity[activity as usize]
    }

    /// Nanoseconds in which a [`reason`](crate::reason) held the clocks down.
    #[must_use]
    pub fn held(&self, reason: u64) -> Option<u64> {
        let place = REASONS.iter().position(|counted| *counted == reason)?;
        Some(self.held[place])
    }
}

/// The whole part of a number that is never negative and below 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
fn whole(value: f64) -> u64 {
    value as u64
}
