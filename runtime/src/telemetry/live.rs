// SPDX-License-Identifier: Apache-2.0
//! The components there are: what a scrape walks.
//!
//! Invariant: an entry is never taken out. A component that is opened again keeps its counters,
//! so that no counter goes backwards while the process lives.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use super::init_errors::InitErrors;
use super::status::Status;
use super::{ExporterTelemetry, ProcessorTelemetry, ReceiverTelemetry, ServeExit};

/// A list that grows now and then and is read without a lock.
#[derive(Debug)]
pub(super) struct List<T>(ArcSwap<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(ArcSwap::from_pointee(Vec::new()))
    }
}

impl<T: Clone> List<T> {
    pub(super) fn push(&self, entry: &T) {
        self.0.rcu(|list| {
            let mut longer = Vec::with_capacity(list.len() + 1);
            longer.extend(list.iter().cloned());
            longer.push(entry.clone());
            longer
        });
    }

    pub(super) fn load(&self) -> Arc<Vec<T>> {
        self.0.load_full()
    }
}

/// Everything a scrape shows that is not read from the system.
#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) receivers: List<Arc<ReceiverTelemetry>>,
    pub(super) exporters: List<Arc<ExporterTelemetry>>,
    pub(super) processors: List<Arc<ProcessorTelemetry>>,
    /// What each component reported last. Statuses change now and then: a lock does no harm.
    pub(super) statuses: Mutex<BTreeMap<String, Status>>,
    pub(super) init_errors: InitErrors,
    /// Shared with the HTTP server, which catches the panics of handlers.
    pub(super) scrape_panics: Arc<AtomicU64>,
    pub(super) serve_exits: [AtomicU64; ServeExit::ALL.len()],
}
