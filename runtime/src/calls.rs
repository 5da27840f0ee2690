// SPDX-License-Identifier: Apache-2.0
//! How a page exporter counts its calls: a scrape of a page is a call (contract X1).

use std::marker::PhantomData;
use std::sync::Arc;

use crate::ErrorKind;
use crate::telemetry::ExporterTelemetry;

/// Counts calls by success or by declared kind.
#[derive(Debug)]
pub struct Calls<K> {
    telemetry: Arc<ExporterTelemetry>,
    kind: PhantomData<fn(K)>,
}

impl<K: ErrorKind> Calls<K> {
    pub(crate) const fn new(telemetry: Arc<ExporterTelemetry>) -> Self {
        Self { telemetry, kind: PhantomData }
    }

    /// A call succeeded.
    pub fn ok(&self) {
        self.telemetry.call_ok();
    }

    /// A call failed.
    pub fn failed(&self, kind: K) {
        self.telemetry.call_failed(kind.index());
    }
}

impl<K> Clone for Calls<K> {
    fn clone(&self) -> Self {
        Self { telemetry: Arc::clone(&self.telemetry), kind: PhantomData }
    }
}
