// SPDX-License-Identifier: Apache-2.0
//! An encoder with the edge that leads to it: what it is offered, and what it takes.

use std::sync::Arc;

use super::branch::{common_bits, set_bit};
use crate::signal::{Batch, Encode, LogBatch, Logs, Metrics, Refused, Series};
use crate::telemetry::{Edge, EdgeOutcome};

/// An encoder, counted at level `detailed`; below that level it is the encoder and a branch
/// that is never taken.
#[derive(Debug)]
pub struct Watched<E> {
    encoder: E,
    edge: Option<Arc<Edge>>,
    /// Bits over the lane's series: which were shown to the encoder, and which it took.
    offered: Vec<u64>,
    taken: Vec<u64>,
}

impl<E> Watched<E> {
    pub(crate) const fn new(encoder: E, edge: Option<Arc<Edge>>) -> Self {
        Self { encoder, edge, offered: Vec::new(), taken: Vec::new() }
    }
}

impl<E: Encode<Metrics>> Encode<Metrics> for Watched<E> {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let admitted = self.encoder.admit(index, series);
        if self.edge.is_some() {
            set_bit(&mut self.offered, index, true);
            set_bit(&mut self.taken, index, admitted.is_ok());
        }
        admitted
    }

    fn retire(&mut self, index: u32) {
        if self.edge.is_some() {
            set_bit(&mut self.offered, index, false);
            set_bit(&mut self.taken, index, false);
        }
        self.encoder.retire(index);
    }

    #[inline]
    fn encode(&mut self, batch: &Batch) -> usize {
        let refused = self.encoder.encode(batch);
        if let Some(edge) = &self.edge {
            let offered = common_bits(&self.offered, batch.present());
            let taken = common_bits(&self.taken, batch.present()).saturating_sub(refused as u64);
            edge.items(EdgeOutcome::Taken, taken);
            edge.items(EdgeOutcome::Refused, offered - taken);
        }
        refused
    }

    fn on_abandon(&self) -> Option<Box<dyn Fn() + Send>> {
        self.encoder.on_abandon()
    }
}

impl<E: Encode<Logs>> Encode<Logs> for Watched<E> {
    #[inline]
    fn encode(&mut self, batch: &LogBatch) -> usize {
        let refused = self.encoder.encode(batch);
        if let Some(edge) = &self.edge {
            let offered = batch.len() as u64;
            let refused = (refused as u64).min(offered);
            edge.items(EdgeOutcome::Taken, offered - refused);
            edge.items(EdgeOutcome::Refused, refused);
        }
        refused
    }

    fn on_abandon(&self) -> Option<Box<dyn Fn() + Send>> {
        self.encoder.on_abandon()
    }
}
