// SPDX-License-Identifier: Apache-2.0
//! Why clocks are held down, and by how much.
//!
//! The power limit takes what it needs. Heat is answered in two ways: above the highest
//! temperature for boosting, clocks go down step by step until it helps; at the slowdown
//! temperature they are halved at once. The brake signal halves them too.

use crate::spec::Spec;

/// Bits of `nvmlDeviceGetCurrentClocksEventReasons`.
pub mod reason {
    /// Nothing runs.
    pub const GPU_IDLE: u64 = 0x1;
    /// The power limit.
    pub const SW_POWER_CAP: u64 = 0x4;
    /// Halved by hardware, for whichever reason.
    pub const HW_SLOWDOWN: u64 = 0x8;
    /// Another GPU of the same group.
    pub const SYNC_BOOST: u64 = 0x10;
    /// Too warm to boost.
    pub const SW_THERMAL: u64 = 0x20;
    /// Too hot: halved.
    pub const HW_THERMAL: u64 = 0x40;
    /// The power supply's brake signal: halved.
    pub const HW_POWER_BRAKE: u64 = 0x80;
}

/// The least that heat leaves of the clock's square.
const LOWEST: f64 = 0.1;

/// What holds a GPU's clocks down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// Clock as a ratio of its maximum, while the GPU is not idle.
    pub(crate) ratio: f64,
    /// What heat leaves of it.
    thermal: f64,
    /// Bits of [`reason`].
    pub(crate) reasons: u64,
}

impl Clocks {
    pub(super) const fn new() -> Self {
        Self { ratio: 1.0, thermal: 1.0, reasons: 0 }
    }

    /// Decides on the clock. `by_power` is what the power limit leaves of it, at most 1.
    pub(super) fn decide(
        &mut self,
        spec: &Spec,
        (die, hbm): (f64, f64),
        by_power: f64,
        brake: bool,
        idle: bool,
    ) {
        let warm = die >= f64::from(spec.gpu_max_celsius)
            || spec.memory_sensor && hbm >= f64::from(spec.memory_max_celsius);
        self.thermal = if warm { self.thermal - 0.02 } else { self.thermal + 0.02 }.clamp(LOWEST, 1.0);
        let hot = die >= f64::from(spec.slowdown_celsius);
        let halved = if hot || brake { 0.5 } else { 1.0 };
        self.ratio = by_power.min(self.thermal).min(halved);
        self.reasons = if idle {
            reason::GPU_IDLE
        } else {
            bit(by_power < 1.0 && by_power <= self.ratio, reason::SW_POWER_CAP)
                | bit(self.thermal < 1.0, reason::SW_THERMAL)
        } | bit(hot, reason::HW_THERMAL | reason::HW_SLOWDOWN)
            | bit(brake, reason::HW_POWER_BRAKE | reason::HW_SLOWDOWN);
    }
}

fn bit(set: bool, bits: u64) -> u64 {
    if set { bits } else { 0 }
}
