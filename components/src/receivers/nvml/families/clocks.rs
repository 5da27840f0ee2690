// SPDX-License-Identifier: Apache-2.0
//! Clocks: how fast they run, and how fast they can.

use tracecore_runtime::{Batch, Slot};

use super::super::code::Code;
use super::super::driver::{self, Device};
use super::super::readings::{Reading, Series};

const DOMAIN: &str = "tracecore.gpu.clock.domain";

struct Domain {
    domain: driver::Clock,
    name: &'static str,
    call: &'static str,
    limit_call: &'static str,
}

const DOMAINS: [Domain; 4] = [
    Domain {
        domain: driver::Clock::Graphics,
        name: "graphics",
        call: "nvmlDeviceGetClockInfo(GRAPHICS)",
        limit_call: "nvmlDeviceGetMaxClockInfo(GRAPHICS)",
    },
    Domain {
        domain: driver::Clock::Sm,
        name: "sm",
        call: "nvmlDeviceGetClockInfo(SM)",
        limit_call: "nvmlDeviceGetMaxClockInfo(SM)",
    },
    Domain {
        domain: driver::Clock::Memory,
        name: "memory",
        call: "nvmlDeviceGetClockInfo(MEM)",
        limit_call: "nvmlDeviceGetMaxClockInfo(MEM)",
    },
    Domain {
        domain: driver::Clock::Video,
        name: "video",
        call: "nvmlDeviceGetClockInfo(VIDEO)",
        limit_call: "nvmlDeviceGetMaxClockInfo(VIDEO)",
    },
];

/// How fast the clock of a row runs.
#[derive(Debug)]
pub(in super::super) struct Clock<const ROW: usize>(Slot<u64>);

impl<const ROW: usize> Reading for Clock<ROW> {
    const CALL: &'static str = DOMAINS[ROW].call;
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.clock(DOMAINS[ROW].domain)
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.clock, [(DOMAIN, DOMAINS[ROW].name)]))
    }

    #[inline]
    fn set(&self, megahertz: u32, out: &mut Batch) {
        out.set(self.0, hertz(megahertz));
    }
}

/// How fast the clock of a row can run.
#[derive(Debug)]
pub(in super::super) struct ClockLimit<const ROW: usize>(Slot<u64>);

impl<const ROW: usize> Reading for ClockLimit<ROW> {
    const CALL: &'static str = DOMAINS[ROW].limit_call;
    const SERIES: usize = 1;
    const CONSTANT: bool = true;
    type Value = u32;

    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.max_clock(DOMAINS[ROW].domain)
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.clock_limit, [(DOMAIN, DOMAINS[ROW].name)]))
    }

    #[inline]
    fn set(&self, megahertz: u32, out: &mut Batch) {
        out.set(self.0, hertz(megahertz));
    }
}

fn hertz(megahertz: u32) -> u64 {
    u64::from(megahertz) * 1_000_000
}
