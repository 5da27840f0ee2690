// SPDX-License-Identifier: Apache-2.0
//! That a GPU is there, and where.

use tracecore_runtime::{Batch, Slot};
use tracecore_schema::Attribute;

use super::super::code::Code;
use super::super::driver::Device;
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
        let mut attributes =
            vec![Attribute::new("hw.type", "gpu"), Attribute::new("tracecore.gpu.index", identity.index)];
        if let Some(address) = &identity.pci_address {
            attributes.push(Attribute::new("tracecore.gpu.pci.address", address.as_str()));
        }
        Self(series.begin_with(|m| m.info.present, attributes))
    }

    #[inline]
    fn set(&self, (): (), out: &mut Batch) {
        out.set(self.0, 1);
    }
}

/// That a GPU is there, and where.
pub(in super::super) type Info = (Read<Present>,);
