// SPDX-License-Identifier: Apache-2.0
//! Power and energy.

use super::super::driver::Device;
use super::super::reading::{Read, reading};
use super::thousandth;

reading! {
    /// What the GPU draws.
    Draw: EachTick, "nvmlDeviceGetPowerUsage", Device::power => u32, |milliwatts| {
        draw: f64 = power.draw ["hw.type" = "gpu"] => thousandth(milliwatts);
    }
    /// What it may draw. Somebody may change it at any time, so it is asked each time.
    Enforced: EachTick, "nvmlDeviceGetEnforcedPowerLimit", Device::enforced_power_limit => u32, |milliwatts| {
        limit: f64 = power.limit ["hw.limit_type" = "enforced"] => thousandth(milliwatts);
    }
    /// What it has used since the driver was loaded. Exact up to 2^53 mJ: 285 years at 1 kW.
    Energy: EachTick, "nvmlDeviceGetTotalEnergyConsumption", Device::energy => u64, |millijoules| {
        energy: f64 = power.energy ["hw.type" = "gpu"] => millijoules as f64 / 1e3;
    }
}

/// Power and energy.
pub(in super::super) type Power = (Read<Draw>, Read<Enforced>, Read<Energy>);
