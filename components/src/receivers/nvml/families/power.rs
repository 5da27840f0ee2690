// SPDX-License-Identifier: Apache-2.0
//! Power and energy.

use super::super::driver::{Device, field};
use super::super::fields::Row;
use super::super::reading::{Read, reading};
use super::thousandth;

reading! {
    /// What the GPU draws.
    Draw: EachTick, "nvmlDeviceGetPowerUsage", Device::power => u32, |milliwatts| {
        draw: f64 = power.draw ["hw.type" = "gpu"] => thousandth(milliwatts);
    }
    /// What it may draw. Somebody may change it at any time, and heat does, so it is asked each time.
    Enforced: EachTick, "nvmlDeviceGetEnforcedPowerLimit", Device::enforced_power_limit => u32, |milliwatts| {
        limit: f64 = power.limit ["hw.limit_type" = "enforced"] => thousandth(milliwatts);
    }
    /// What it has used since the driver was loaded. Exact up to 2^53 mJ: 285 years at 1 kW.
    Energy: EachTick, "nvmlDeviceGetTotalEnergyConsumption", Device::energy => u64, |millijoules| {
        energy: f64 = power.energy ["hw.type" = "gpu"] => millijoules as f64 / 1e3;
    }
    /// What it may draw, as it was set.
    Requested: EachLook, "nvmlDeviceGetPowerManagementLimit", Device::requested_power_limit => u32, |milliwatts| {
        limit: f64 = power.limit ["hw.limit_type" = "requested"] => thousandth(milliwatts);
    }
    /// What it starts with.
    Default: Once, "nvmlDeviceGetPowerManagementDefaultLimit", Device::default_power_limit => u32, |milliwatts| {
        limit: f64 = power.limit ["hw.limit_type" = "default"] => thousandth(milliwatts);
    }
    /// What can be set.
    Range: Once, "nvmlDeviceGetPowerManagementLimitConstraints",
    Device::power_limit_range => (u32, u32), |(least, most)| {
        min: f64 = power.limit ["hw.limit_type" = "min"] => thousandth(least);
        max: f64 = power.limit ["hw.limit_type" = "max"] => thousandth(most);
    }
}

/// What newer drivers tell by number. A milliwatt is 0.001 W, to the bit.
pub(in super::super) const FIELDS: &[Row] = &[
    Row::scaled(field!(NVML_FI_DEV_POWER_AVERAGE), |m| m.power.average, 1e-3, &[]),
    Row::scaled(field!(NVML_FI_DEV_POWER_INSTANT), |m| m.power.instant, 1e-3, &[]),
];

/// What is asked each tick.
pub(in super::super) type Power = (Read<Draw>, Read<Enforced>, Read<Energy>);
/// What is asked seldom.
pub(in super::super) type Limits = (Read<Requested>, Read<Default>, Read<Range>);
