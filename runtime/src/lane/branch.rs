// SPDX-License-Identifier: Apache-2.0
//! A branch: what one pipeline does with what a lane's receiver reads.

use std::sync::Arc;

use tracecore_schema::{Attribute, Descriptor};

use super::chain::{Chain, Encoders};
use crate::signal::{Batch, Refused, SeriesDraft};
use crate::telemetry::{Edge, EdgeOutcome, ProcessorTelemetry};
use crate::{LaneInfo, Probe};

/// What the branches of a lane do together. Nested pairs: `((), Branch<..>)`.
pub trait Branches: Send + 'static {
    /// A series begins: shows it to every branch; says whether one wants it.
    fn admit(&mut self, index: u32, series: &NewSeries<'_>, refused: &mut Vec<Refused>) -> bool;

    /// A series ends.
    fn retire(&mut self, index: u32);

    /// Runs a tick through every branch; gives how many items exporters did not take.
    fn run(&mut self, batch: &Batch) -> usize;

    /// What to call from another thread when the lane is given up.
    fn abandon(&self, handles: &mut Vec<Box<dyn Fn() + Send>>);
}

/// A series as the receiver registers it.
#[derive(Debug)]
pub struct NewSeries<'a> {
    /// The metric.
    pub descriptor: &'static Descriptor,
    /// The attributes of its scope and its own.
    pub attributes: &'a [Attribute],
    /// When it begins, in nanoseconds since 1970 (UTC).
    pub start_unix_nanos: u64,
}

/// Processors and encoders of one pipeline in one lane.
///
/// Series keep the lane's index in every branch: what a branch drops, its encoders never
/// admit. So a branch that changes no value needs no copy of the batch and no table.
pub struct Branch<P, E> {
    info: LaneInfo,
    processors: P,
    encoders: E,
    stages: Vec<Stage>,
    own: Option<Batch>,
}

/// What one processor saw, as bits over the lane's series: items are counted from presence
/// and admission, not one by one (contract X2).
struct Stage {
    telemetry: Arc<ProcessorTelemetry>,
    /// What leads to it, at level `detailed`.
    edge: Option<Arc<Edge>>,
    kept: Vec<u64>,
    dropped: Vec<u64>,
}

impl<P: Chain, E: Encoders> Branch<P, E> {
    pub(crate) fn new(
        info: LaneInfo,
        processors: P,
        encoders: E,
        telemetry: Vec<Arc<ProcessorTelemetry>>,
    ) -> Self {
        let stages = telemetry
            .into_iter()
            .map(|telemetry| Stage { telemetry, edge: None, kept: Vec::new(), dropped: Vec::new() })
            .collect();
        let own = P::REWRITES.then(|| Batch::new(Probe::new()));
        Self { info, processors, encoders, stages, own }
    }

    /// Counts what comes to each processor, in order.
    pub(crate) fn counting(mut self, edges: &[Arc<Edge>]) -> Self {
        for (stage, edge) in self.stages.iter_mut().zip(edges) {
            stage.edge = Some(Arc::clone(edge));
        }
        self
    }
}

impl<P: Chain, E: Encoders> Branches for Branch<P, E> {
    fn admit(&mut self, index: u32, series: &NewSeries<'_>, refused: &mut Vec<Refused>) -> bool {
        let mut draft = SeriesDraft::new(series.descriptor, series.attributes.to_vec());
        let reached = self.processors.admit(&mut draft).err();
        for (place, stage) in self.stages.iter_mut().enumerate() {
            set_bit(&mut stage.kept, index, reached.is_none_or(|end| place < end));
            set_bit(&mut stage.dropped, index, reached == Some(place));
        }
        if reached.is_some() {
            // A processor's count of what it drops needs the series to be read on: a branch
            // that drops still wants it.
            return !self.stages.is_empty();
        }
        let series = draft.finish(
            Arc::clone(&self.info.resource),
            Arc::clone(&self.info.receiver),
            series.start_unix_nanos,
        );
        self.encoders.admit(index, &series, refused)
    }

    fn retire(&mut self, index: u32) {
        for stage in &mut self.stages {
            set_bit(&mut stage.kept, index, false);
            set_bit(&mut stage.dropped, index, false);
        }
        self.encoders.retire(index);
    }

    #[inline]
    fn run(&mut self, batch: &Batch) -> usize {
        for stage in &self.stages {
            let kept = common_bits(&stage.kept, batch.present());
            let dropped = common_bits(&stage.dropped, batch.present());
            stage.telemetry.kept(kept);
            stage.telemetry.dropped(dropped);
            if let Some(edge) = &stage.edge {
                edge.items(EdgeOutcome::Taken, kept + dropped);
            }
        }
        match &mut self.own {
            None => self.encoders.encode(batch),
            Some(own) => {
                own.copy_from(batch);
                self.processors.process(own);
                self.encoders.encode(own)
            }
        }
    }

    fn abandon(&self, handles: &mut Vec<Box<dyn Fn() + Send>>) {
        self.encoders.abandon(handles);
    }
}

impl Branches for () {
    fn admit(&mut self, _: u32, _: &NewSeries<'_>, _: &mut Vec<Refused>) -> bool {
        false
    }

    fn retire(&mut self, _: u32) {}

    #[inline]
    fn run(&mut self, _: &Batch) -> usize {
        0
    }

    fn abandon(&self, _: &mut Vec<Box<dyn Fn() + Send>>) {}
}

impl<A: Branches, B: Branches> Branches for (A, B) {
    fn admit(&mut self, index: u32, series: &NewSeries<'_>, refused: &mut Vec<Refused>) -> bool {
        let first = self.0.admit(index, series, refused);
        let second = self.1.admit(index, series, refused);
        first || second
    }

    fn retire(&mut self, index: u32) {
        self.0.retire(index);
        self.1.retire(index);
    }

    #[inline]
    fn run(&mut self, batch: &Batch) -> usize {
        self.0.run(batch) + self.1.run(batch)
    }

    fn abandon(&self, handles: &mut Vec<Box<dyn Fn() + Send>>) {
        self.0.abandon(handles);
        self.1.abandon(handles);
    }
}

pub(super) fn set_bit(words: &mut Vec<u64>, index: u32, on: bool) {
    let index = index as usize;
    if words.len() <= index / 64 {
        words.resize(index / 64 + 1, 0);
    }
    let bit = 1 << (index % 64);
    if on {
        words[index / 64] |= bit;
    } else {
        words[index / 64] &= !bit;
    }
}

#[inline]
pub(super) fn common_bits(a: &[u64], b: &[u64]) -> u64 {
    a.iter().zip(b).map(|(a, b)| u64::from((a & b).count_ones())).sum()
}

impl<P, E> std::fmt::Debug for Branch<P, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Branch").field("info", &self.info).finish_non_exhaustive()
    }
}
