// SPDX-License-Identifier: Apache-2.0
//! Faults to be found: a check that cannot fail is no check.

use tracecore_components::exporters::prometheus::Exposition;
use tracecore_components::exporters::stdout;
use tracecore_runtime::page::PageEncoder;
use tracecore_runtime::private::Branch;
use tracecore_runtime::signal::{Batch, Encode, Refused, Series};
use tracecore_runtime::testing::{branch, lane_info};
use tracecore_runtime::{Encodes, Metrics};

use crate::{Bench, synthetic};

/// A lane into one encoder with a mistake in it.
pub type Planted<E> = Bench<synthetic::Synthetic, Branch<Metrics, (), (E,)>>;

/// An encoder behind a pointer: what the tick's machine code must not have.
pub struct Boxed(Box<dyn Encode<Metrics>>);

impl Encode<Metrics> for Boxed {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        self.0.admit(index, series)
    }

    fn retire(&mut self, index: u32) {
        self.0.retire(index);
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        self.0.encode(batch)
    }
}

/// A lane with a trait object on its tick's path.
///
/// # Errors
///
/// None in practice.
pub fn boxed() -> Result<Planted<Boxed>, String> {
    Bench::open(synthetic::Config::default(), |page, _| {
        branch("bench", (), (Boxed(Box::new(page.encoder(&lane_info("bench")))),))
    })
}

/// The encoder of JSON lines.
type Json = <stdout::Json as Encodes<Metrics>>::Encoder;

/// An encoder that does its work twice: what the gate must find. By two, since one of them writes
/// no number again that it has just written.
pub struct Twice(PageEncoder<Exposition>, Json, Json);

impl Encode<Metrics> for Twice {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        self.0.admit(index, series)?;
        self.1.admit(index, series)?;
        self.2.admit(index, series)
    }

    fn retire(&mut self, index: u32) {
        self.0.retire(index);
        self.1.retire(index);
        self.2.retire(index);
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        self.0.encode(batch) + self.1.encode(batch) + self.2.encode(batch)
    }
}

/// A lane that encodes twice.
///
/// # Errors
///
/// None in practice.
pub fn regressed() -> Result<Planted<Twice>, String> {
    Bench::open(synthetic::Config::default(), |page, frames| {
        let (_, again) = crate::encoders(page, frames.clone());
        let (page, json) = crate::encoders(page, frames);
        branch("bench", (), (Twice(page, json, again),))
    })
}

impl std::fmt::Debug for Twice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Twice")
    }
}

impl std::fmt::Debug for Boxed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Boxed")
    }
}
