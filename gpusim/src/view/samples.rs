// SPDX-License-Identifier: Apache-2.0
//! The driver's own samples.

use super::{View, supported};
use crate::{SampleKind, SimError};

impl View<'_> {
    /// Samples newer than a time, in microseconds since 1970: time and value, the oldest first.
    ///
    /// # Errors
    /// The board has no such engine, or is partitioned and does not tell.
    pub fn samples(
        &self,
        kind: SampleKind,
        since_us: u64,
    ) -> Result<impl Iterator<Item = (u64, u32)>, SimError> {
        let engines = self.spec().engines;
        // Drivers before 550 have no samples of these.
        let old = self.profile().branch() < 550;
        match kind {
            SampleKind::Power | SampleKind::ClockSm | SampleKind::ClockMemory => {}
            SampleKind::Gpu | SampleKind::Memory => self.undivided(())?,
            SampleKind::Encoder => self.engine(engines.encoders > 0, 0).map(drop)?,
            SampleKind::Decoder => self.engine(engines.decoders > 0, 0).map(drop)?,
            SampleKind::Jpeg => self.engine(engines.jpegs > 0 && !old, 0).map(drop)?,
            SampleKind::Ofa => self.engine(engines.ofas > 0 && !old, 0).map(drop)?,
        }
        let node = self.node;
        let samples = self.state.model.samples().of(kind);
        supported(
            true,
            samples.map(move |(us, value)| (node.wall_us(us), value)).filter(move |(us, _)| *us > since_us),
        )
    }
}
