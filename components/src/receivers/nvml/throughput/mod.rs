// SPDX-License-Identifier: Apache-2.0
//! What goes over PCIe on chips without GPM: a call that takes 20 ms for each direction, so it is
//! made between two ticks, one GPU at a time, and its answer goes out with the next tick.
//!
//! Chips with GPM tell it with everything else and better (over the whole time since the last
//! reading), so they are not asked here.
//!
//! Invariant: a tick makes no call here; a GPU is measured at most once for each tick, and a
//! measurement that is too old for the present is not shown.
#![allow(unsafe_code, reason = "the library is C")]

use std::time::{Duration, Instant};

use nvml_wrapper_sys::bindings::{
    nvmlPcieUtilCounter_enum_NVML_PCIE_UTIL_RX_BYTES as RECEIVE,
    nvmlPcieUtilCounter_enum_NVML_PCIE_UTIL_TX_BYTES as TRANSMIT, nvmlPcieUtilCounter_t,
};
use tracecore_runtime::{Absence, Batch, Slot};

use super::Config;
use super::code::Code;
use super::driver::{Device, check, symbol};
use super::gpm;
use super::group::{Group, Series, Verdict, absent_for, never};

const CALL: &str = "nvmlDeviceGetPcieThroughput";
/// Transmit and receive.
const EACH: usize = 2;
/// How long a measurement stands for the present: where not every GPU has its turn between two
/// ticks, each shows what was measured last.
const FRESH: Duration = Duration::from_secs(5);
/// How long both directions of one GPU take, before one was measured.
const EXPECTED: Duration = Duration::from_millis(40);

/// What goes over PCIe, of one GPU.
#[derive(Debug)]
pub(super) enum Throughput {
    On(Measured),
    /// It has no series; this is why.
    Off {
        code: Code,
        reason: Absence,
    },
    /// GPM tells it, or nobody wants to know.
    NotHere,
}

/// The last measurement of one GPU.
#[derive(Debug)]
pub(super) struct Measured {
    slots: [Slot<f64>; EACH],
    /// Bytes a second, and when they were measured.
    last: Option<([f64; EACH], Instant)>,
    /// What the last call failed with, until a tick has told it.
    failed: Option<Code>,
    /// A tick has passed since it had its turn.
    due: bool,
    took: Duration,
}

impl Throughput {
    /// Whether its turn has come.
    pub(super) const fn is_due(&self) -> bool {
        matches!(self, Self::On(Measured { due: true, .. }))
    }

    /// How long its turn will take, with a quarter to spare.
    pub(super) fn takes(&self) -> Duration {
        match self {
            Self::On(measured) => measured.took + measured.took / 4,
            Self::Off { .. } | Self::NotHere => Duration::ZERO,
        }
    }

    /// Its turn.
    pub(super) fn measure(&mut self, device: &Device) {
        if let Self::On(measured) = self {
            let start = Instant::now();
            measured.due = false;
            match both(device) {
                Ok(rates) => {
                    measured.took = start.elapsed();
                    measured.last = Some((rates, Instant::now()));
                    measured.failed = None;
                }
                Err(code) => {
                    measured.last = None;
                    measured.failed = Some(code);
                }
            }
        }
    }
}

impl Measured {
    fn set(&mut self, out: &mut Batch) {
        self.due = true;
        if let Some((rates, at)) = self.last
            && at.elapsed() < FRESH
        {
            for (slot, rate) in self.slots.iter().zip(rates) {
                out.set(*slot, rate);
            }
        }
    }
}

/// Bytes a second that the GPU sent and received within 20 ms each.
fn both(device: &Device) -> Result<[f64; EACH], Code> {
    Ok([one(device, TRANSMIT)?, one(device, RECEIVE)?])
}

fn one(device: &Device, counter: nvmlPcieUtilCounter_t) -> Result<f64, Code> {
    let function = symbol(&device.lib().nvmlDeviceGetPcieThroughput)?;
    let mut rate = 0;
    // SAFETY: the handle is of this library; it fills a number.
    check(unsafe { function(device.handle(), counter, &raw mut rate) })?;
    // The header says KB, and means 1024 bytes.
    Ok(f64::from(rate) * 1024.0)
}

impl Group for Throughput {
    fn most(config: &Config) -> usize {
        if config.groups.pcie_throughput { EACH } else { 0 }
    }

    fn values(&self, _: &Config) -> usize {
        if matches!(self, Self::NotHere) { 0 } else { EACH }
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        let groups = &series.config().groups;
        if !groups.pcie_throughput || (groups.gpm && gpm::tells(device)) {
            return Self::NotHere;
        }
        if let Err(code) = symbol(&device.lib().nvmlDeviceGetPcieThroughput) {
            return Self::Off { code, reason: Absence::Unsupported };
        }
        // Whether this GPU supports it takes 20 ms to ask; its first turn will tell.
        let slots = ["transmit", "receive"]
            .map(|direction| series.begin(|m| m.gpm.pcie, [("network.io.direction", direction)]));
        Self::On(Measured { slots, last: None, failed: None, due: true, took: EXPECTED })
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        match self {
            Self::On(Measured { slots, failed: Some(code), .. }) => {
                if let Some(reason) = never(*code) {
                    slots.iter().for_each(|slot| series.end(*slot));
                    *self = Self::Off { code: *code, reason };
                }
            }
            Self::Off { reason: Absence::Permission, .. } => *self = Self::begin(device, series),
            Self::On(_) | Self::Off { .. } | Self::NotHere => {}
        }
    }

    #[inline]
    fn read(&mut self, _: &Device, out: &mut Batch, verdict: &mut Verdict) {
        match self {
            Self::On(measured) => {
                if !verdict.goes_on(EACH, out) {
                    return;
                }
                match measured.failed {
                    None => measured.set(out),
                    // For good: the next look ends it, and no further turn is wasted on it.
                    Some(code) if never(code).is_some() => {
                        absent_for(out, never(code).unwrap_or(Absence::Unsupported), EACH);
                    }
                    Some(code) => {
                        measured.failed = None;
                        measured.due = true;
                        verdict.failed(CALL, code, EACH, out);
                    }
                }
            }
            Self::Off { reason, .. } => absent_for(out, *reason, EACH),
            Self::NotHere => {}
        }
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        if let Self::Off { code, .. } = self {
            found.push((CALL, *code));
        }
    }

    fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        if config.groups.pcie_throughput {
            found.push((CALL, both(device).err()));
        }
    }
}
