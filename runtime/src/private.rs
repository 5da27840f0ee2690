// SPDX-License-Identifier: Apache-2.0
//! The one door through which generated code enters: what the compiler emits and what the
//! attribute macros write names nothing else of this crate.

pub use std::collections::BTreeMap;
pub use std::marker::PhantomData;
pub use std::time::Duration;

use tracecore_schema::Declaration;
pub use tracecore_schema::private::{Missing, from_json};
pub use tracecore_schema::{ByteSize, Glob, Listen, Pattern, Role, Secret, telemetry};

use crate::signal::Carries;

pub use crate::asserts::{
    Encoded, Otherwise, Processed, assert_encodes, assert_metrics, assert_processes, assert_role,
};
pub use crate::component::{Declared, Emits, Encodes, Page, Processes, Processor, Receiver, Stream};
pub use crate::failure::ErrorKind;
pub use crate::host::{
    Encoding, Exporters, Handle, Hole, Holes, Host, LaneBuilder, LaneWith, MakeBranch, MakeBranches, Mode,
    PageHandle, Pipeline, ProcessorHandle, Processors, RunError, StreamHandle, hole,
};
pub use crate::lane::{Branch, Branches, Chain, Encoders, NewSeries, Watched};
pub use crate::signal::{Batch, Logs, Metrics, Output};

/// What a receiver writes into, by the signals of its config.
pub type Out<C> = <<<C as Declared>::Config as Declaration>::Signals as Carries>::Out;

/// What generated functions return.
pub type Result<T> = std::result::Result<T, RunError>;

/// Which shape an exporter has. `#[exporter(stream, ..)]` and `#[exporter(page, ..)]` write it.
pub trait Exports: Declared {
    /// [`StreamMode`] or [`PageMode`] of the exporter itself.
    type Mode;
}

/// The shape of an exporter that delivers frames.
#[derive(Debug)]
pub struct StreamMode<E>(PhantomData<fn(E)>);

/// The shape of an exporter that shows a page.
#[derive(Debug)]
pub struct PageMode<E>(PhantomData<fn(E)>);

/// An address that the compiler has read already.
///
/// # Panics
///
/// The text is no address, which the compiler has excluded.
#[must_use]
#[allow(clippy::panic, reason = "the compiler writes only what it has read")]
pub fn listen(text: &str) -> Listen {
    match Listen::parse(text) {
        Ok(listen) => listen,
        Err(why) => panic!("`{text}` in generated code: {why}"),
    }
}

/// A map from text.
#[must_use]
pub fn map<T, const N: usize>(entries: [(String, T); N]) -> BTreeMap<String, T> {
    BTreeMap::from(entries)
}
