// SPDX-License-Identifier: Apache-2.0
//! That a GPU is there, and where; and the driver.

use tracecore_runtime::{Batch, Registrar, Slot};
use tracecore_schema::Attribute;

use super::super::Metrics;
use super::super::code::Code;
use super::super::driver::{Device, Driver};
use super::super::group::Series;
use super::super::reading::{Read, Reading};

/// One series for joins: the value says nothing, the attributes do.
#[derive(Debug)]
pub(in super::super) struct Present(Slot<u64>);

impl Reading for Present {
    /// The call by which the GPU was found; there is none each tick.
    const CALL: &'static str = "nvmlDeviceGetHandleByIndex_v2";
    const SERIES: usize = 1;
    type Value = ();

    fn ask(_: &Device) -> Result<(), Code> {
        Ok(())
    }

    fn begin(series: &mut Series<'_, '_>) -> Self {
        let identity = series.identity();
        let mut own =
            vec![Attribute::new("hw.type", "gpu"), Attribute::new("tracecore.gpu.index", identity.index)];
        own.extend(identity.minor_number.map(|number| Attribute::new("tracecore.gpu.minor_number", number)));
        let texts = [
            ("tracecore.gpu.pci.address", &identity.pci_address),
            ("tracecore.gpu.board_part_number", &identity.board_part_number),
        ];
        own.extend(texts.iter().filter_map(|(key, text)| Some(Attribute::new(*key, text.as_deref()?))));
        Self(series.begin_with(|m| m.info.present, own))
    }

    #[inline]
    fn set(&self, (): (), out: &mut Batch) {
        out.set(self.0, 1);
    }
}

/// That a GPU is there, and where.
pub(in super::super) type Info = (Read<Present>,);

/// What there is to say of the driver.
#[derive(Debug)]
pub(in super::super) struct DriverInfo {
    info: Slot<u64>,
    count: Slot<i64>,
    gpus: u32,
}

impl DriverInfo {
    /// Registers it, without a GPU.
    pub(in super::super) fn begin(driver: &Driver, series: &mut Registrar<'_, Metrics>) -> Self {
        let versions = [
            ("hw.driver_version", driver.version().map(ToOwned::to_owned)),
            ("tracecore.gpu.nvml.version", driver.nvml_version().ok()),
            ("tracecore.gpu.cuda.version", driver.cuda_version().ok()),
        ];
        let known: Vec<_> =
            versions.into_iter().filter_map(|(key, version)| Some(Attribute::new(key, version?))).collect();
        Self {
            info: series.begin(|m| m.info.driver, known),
            count: series.begin(|m| m.info.count, []),
            gpus: 0,
        }
    }

    /// Notes how many GPUs there are.
    pub(in super::super) const fn counted(&mut self, gpus: u32) {
        self.gpus = gpus;
    }

    /// Sets it.
    #[inline]
    pub(in super::super) fn set(&self, out: &mut Batch) {
        out.set(self.info, 1);
        out.set(self.count, self.gpus.into());
    }
}
