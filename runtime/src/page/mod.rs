// SPDX-License-Identifier: Apache-2.0
//! A page: merged state of all lanes, shown to whoever asks.
//!
//! Each lane stores its values as atomics in a segment of its own, with a sequence and a tick
//! time. Families are an index over all lanes' segments, locked only when a series is admitted
//! or retired and while a reader walks it. A reader skips segments older than three intervals,
//! so that no stale value is ever shown as if it were new.
//!
//! Invariant: a lane never waits for a reader while it stores a tick.

use crate::signal::Series;

/// How an exporter places a series on its page, and what it keeps per family and per series.
/// All formatting that does not depend on the value happens here, once per series.
pub trait PageFormat: Clone + Send + Sync + 'static {
    /// What is kept per family (the HELP, TYPE and UNIT lines, say).
    type Family: Clone + Send + Sync + 'static;
    /// What is kept per series (the text before the number, say).
    type Item: Send + Sync + 'static;

    /// Where the series goes: usually one place, more if the page speaks several spellings.
    fn place(&self, series: &Series) -> Vec<Placed<Self>>;
}

/// One place on a page.
#[derive(Debug)]
pub struct Placed<F: PageFormat> {
    /// The family's name; families are shown in the order of their names.
    pub family_name: String,
    /// What two declarations of the family must agree on (type, unit).
    pub signature: String,
    /// What is kept for the family; the first series of it brings it.
    pub family: F::Family,
    /// What tells the series from others of the family (its labels); members are shown in
    /// this order.
    pub identity: String,
    /// What is kept for the series.
    pub item: F::Item,
}

/// The reading side of a page.
#[derive(Debug)]
pub struct PageReader<F: PageFormat>(std::marker::PhantomData<F>);
