// SPDX-License-Identifier: Apache-2.0
//! The performance counters of Hopper and later: two samples, and what happened between them.

use super::{View, supported};
use crate::control::LINKS;
use crate::{Activity, Counters, SimError};

/// Bytes of a unit of rates.
const MIB: f64 = 1_048_576.0;

/// First metric of a link: received; the next one is sent, then those of the next link.
pub const GPM_LINK_METRICS: u32 = 62;

/// What a GPU, or an instance, had counted at one moment.
#[derive(Clone, Debug)]
pub struct GpmSample {
    counters: Counters,
    us: i64,
    /// Sevenths of the GPU.
    slices: u32,
    decoders: u32,
    jpegs: u32,
    links: u32,
}

impl View<'_> {
    /// Whether the GPU has these counters.
    #[must_use]
    pub fn has_gpm(&self) -> bool {
        self.spec().gpm
    }

    /// What it has counted so far, or what one of its instances has.
    ///
    /// # Errors
    /// The GPU has no such counters, or no such instance.
    pub fn gpm_sample(&self, gpu_instance: Option<u32>) -> Result<GpmSample, SimError> {
        supported(self.has_gpm(), ())?;
        let slices = match gpu_instance {
            None => 7,
            Some(id) => {
                let mut instances = self.mig().instances();
                let found = instances.find(|instance| instance.gpu_instance == id);
                found.ok_or(SimError::INVALID_ARGUMENT)?.slices
            }
        };
        Ok(GpmSample {
            counters: self.counters().clone(),
            us: self.state.model.now_us(),
            slices,
            decoders: self.spec().engines.decoders,
            jpegs: self.spec().engines.jpegs,
            links: self.links()?,
        })
    }
}

impl GpmSample {
    /// The value of a metric (`NVML_GPM_METRIC_*`) between an earlier sample and this one: percent,
    /// or MiB per second.
    ///
    /// # Errors
    /// [`SimError::NO_DATA`] if no time lies between them, [`SimError::NOT_SUPPORTED`] for a
    /// metric that the board does not have.
    pub fn since(&self, earlier: &Self, metric: u32) -> Result<f64, SimError> {
        let us = self.us.saturating_sub(earlier.us);
        if us <= 0 || self.counters.elapsed_ns < earlier.counters.elapsed_ns {
            return Err(SimError::NO_DATA);
        }
        // Microseconds of days are exact in an f64.
        let us = us as f64;
        let percent = |activity| {
            let active = self.counters.activity(activity).saturating_sub(earlier.counters.activity(activity));
            Ok(active as f64 / us * 100.0)
        };
        let rate = |now: u64, then: u64| {
            let bytes = now.saturating_sub(then) as f64 * f64::from(self.slices) / 7.0;
            Ok(bytes / MIB / (us / 1e6))
        };
        let link = |receive: bool, link: usize| {
            let of = |sample: &Self| sample.counters.nvlink[usize::from(receive)][link];
            (of(self), of(earlier))
        };
        let links = |receive: bool| {
            let (now, then) =
                (0..LINKS).map(|number| link(receive, number)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
            supported(self.links > 0, ()).and_then(|()| rate(now, then))
        };
        let pcie = |receive: bool| {
            let of = |sample: &Self| sample.counters.pcie[usize::from(receive)];
            rate(of(self), of(earlier))
        };
        match metric {
            1 => percent(Activity::Graphics),
            2 => percent(Activity::Sm),
            3 => percent(Activity::Occupancy),
            4 => percent(Activity::Integer),
            5 => percent(Activity::Tensor),
            6 => percent(Activity::TensorDouble),
            7 => percent(Activity::TensorHalf),
            9 => percent(Activity::TensorInteger),
            10 => percent(Activity::Dram),
            11 => percent(Activity::Fp64),
            12 => percent(Activity::Fp32),
            13 => percent(Activity::Fp16),
            20 => pcie(false),
            21 => pcie(true),
            30..38 => supported(metric - 30 < self.decoders, ()).and_then(|()| percent(Activity::Decoder)),
            40..48 => supported(metric - 40 < self.jpegs, ()).and_then(|()| percent(Activity::Jpeg)),
            50 => percent(Activity::Ofa),
            60 => links(true),
            61 => links(false),
            GPM_LINK_METRICS..98 => {
                let number = (metric - GPM_LINK_METRICS) / 2;
                let receive = metric.is_multiple_of(2);
                supported(number < self.links, ())?;
                let (now, then) = link(receive, number as usize);
                rate(now, then)
            }
            _ => Err(SimError::NOT_SUPPORTED),
        }
    }
}
