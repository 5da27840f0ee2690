// SPDX-License-Identifier: Apache-2.0
//! How busy a GPU is.

use tracecore_runtime::{Batch, Slot};

use super::super::code::Code;
use super::super::driver::{self, Device};
use super::super::readings::{Reading, Series};
use super::ratio;

const TASK: &str = "hw.gpu.task";

/// Kernels and memory: one call tells both.
#[derive(Debug)]
pub(in super::super) struct Utilization {
    general: Slot<f64>,
    memory: Slot<f64>,
}

impl Reading for Utilization {
    const CALL: &'static str = "nvmlDeviceGetUtilizationRates";
    const SERIES: usize = 2;
    type Value = driver::Utilization;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<Self::Value, Code> {
        device.utilization()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self {
            general: series.begin(|m| m.utilization, [(TASK, "general")]),
            memory: series.begin(|m| m.memory_activity, []),
        }
    }

    #[inline]
    fn set(&self, value: Self::Value, out: &mut Batch) {
        out.set(self.general, ratio(value.gpu));
        out.set(self.memory, ratio(value.memory));
    }
}

/// The video encoder.
#[derive(Debug)]
pub(in super::super) struct Encoder(Slot<f64>);

impl Reading for Encoder {
    const CALL: &'static str = "nvmlDeviceGetEncoderUtilization";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.encoder_utilization()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.utilization, [(TASK, "encoder")]))
    }

    #[inline]
    fn set(&self, percent: u32, out: &mut Batch) {
        out.set(self.0, ratio(percent));
    }
}

/// The video decoder.
#[derive(Debug)]
pub(in super::super) struct Decoder(Slot<f64>);

impl Reading for Decoder {
    const CALL: &'static str = "nvmlDeviceGetDecoderUtilization";
    const SERIES: usize = 1;
    type Value = u32;

    #[inline]
    fn ask<D: Device>(device: &D) -> Result<u32, Code> {
        device.decoder_utilization()
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        Self(series.begin(|m| m.utilization, [(TASK, "decoder")]))
    }

    #[inline]
    fn set(&self, percent: u32, out: &mut Batch) {
        out.set(self.0, ratio(percent));
    }
}
