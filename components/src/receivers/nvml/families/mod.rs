// SPDX-License-Identifier: Apache-2.0
//! The groups of metrics: which call fills which series. One file each; to add one, declare its
//! metrics in `metrics/`, its calls in `driver/`, write its readings here and name them in
//! `readings.rs`.

pub(super) mod clock_events;
pub(super) mod clocks;
pub(super) mod ecc;
pub(super) mod fabric;
pub(super) mod fans;
pub(super) mod health;
pub(super) mod info;
pub(super) mod memory;
pub(super) mod mig;
pub(super) mod nvlink;
pub(super) mod pcie;
pub(super) mod power;
pub(super) mod repair;
pub(super) mod temperature;
pub(super) mod utilization;

/// A percentage as a ratio.
fn ratio(percent: u32) -> f64 {
    f64::from(percent) / 100.0
}

/// Milliwatts as watts, millijoules as joules.
fn thousandth(number: u32) -> f64 {
    f64::from(number) / 1e3
}

/// 8 EiB of memory are far off.
fn bytes(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn hertz(megahertz: u32) -> u64 {
    u64::from(megahertz) * 1_000_000
}
