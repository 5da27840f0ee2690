// SPDX-License-Identifier: Apache-2.0
//! The groups of metrics: which call fills which series. One file each; to add one, declare its
//! metrics in `metrics.rs`, its calls in `driver/`, write its readings here and name them in
//! `readings.rs`.

mod clocks;
mod info;
mod memory;
mod power;
mod temperature;
mod utilization;

pub(super) use clocks::{Clock, ClockLimit};
pub(super) use info::Info;
pub(super) use memory::Memory;
pub(super) use power::{Energy, Power, PowerLimit};
pub(super) use temperature::{MemoryTemperature, Temperature, TemperatureLimit};
pub(super) use utilization::{Decoder, Encoder, Utilization};

/// A percentage as a ratio.
fn ratio(percent: u32) -> f64 {
    f64::from(percent) / 100.0
}
