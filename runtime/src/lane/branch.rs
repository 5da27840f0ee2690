// SPDX-License-Identifier: Apache-2.0
//! A branch: what one pipeline does with what a lane's receiver reads.

use std::sync::Arc;

use tracecore_schema::{Attribute, Descriptor, Label};

use super::chain::{Chain, Encoders};
use crate::signal::{Has, Metrics, Output, Refused, SeriesDraft, Signal};
use crate::telemetry::{Edge, EdgeOutcome, ProcessorTelemetry};
use crate::{LaneInfo, Probe};

/// What the branches of a lane do together with what its receiver writes into, `O`. Nested
/// pairs: `((), Branch<..>)`.
pub trait Branches<O>: Send + 'static {
    /// A series begins: shows it to every branch; says whether one wants it.
    fn admit(&mut self, index: u32, series: &NewSeries<'_>, refused: &mut Vec<Refused>) -> bool;

    /// A series ends.
    fn retire(&mut self, index: u32);

    /// Runs what one call of `collect` gave through every branch; gives how many items exporters
    /// did not take. Branches that carry metrics have nothing to do unless there are `points`:
    /// an event that sets no series does not make those that are shown old.
    fn run(&mut self, out: &O, points: bool) -> usize;

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
    /// What its scope carries under the names of other conventions.
    pub labels: &'a Arc<[Label]>,
    /// When it begins, in nanoseconds since 1970 (UTC).
    pub start_unix_nanos: u64,
}

/// Processors and encoders of one pipeline in one lane.
///
/// Series keep the lane's index in every branch: what a branch drops, its encoders never
/// admit. So a branch that changes no value needs no copy of the batch and no table.
pub struct Branch<S: Signal, P, E> {
    pub(super) info: LaneInfo,
    pub(super) processors: P,
    pub(super) encoders: E,
    pub(super) stages: Vec<Stage>,
    /// A copy of the batch, where processors change it.
    pub(super) own: Option<S::Batch>,
}

/// What one processor saw, as bits over the lane's series: items are counted from presence
/// and admission, not one by one (contract X2).
pub(super) struct Stage {
    pub(super) telemetry: Arc<ProcessorTelemetry>,
    /// What leads to it, at level `detailed`.
    pub(super) edge: Option<Arc<Edge>>,
    kept: Vec<u64>,
    dropped: Vec<u64>,
    /// Of the records of one call, those that it kept and those that it dropped.
    pub(super) records: (u64, u64),
}

impl<S: Signal, P: Chain<S>, E: Encoders<S>> Branch<S, P, E> {
    pub(crate) fn new(
        info: LaneInfo,
        processors: P,
        encoders: E,
        telemetry: Vec<Arc<ProcessorTelemetry>>,
    ) -> Self {
        let stages = telemetry
            .into_iter()
            .map(|telemetry| Stage {
                telemetry,
                edge: None,
                kept: Vec::new(),
                dropped: Vec::new(),
                records: (0, 0),
            })
            .collect();
        let own = S::copies(P::LEN, P::REWRITES).then(|| S::Batch::new(Probe::new()));
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

impl<O, P, E> Branches<O> for Branch<Metrics, P, E>
where
    O: Has<Metrics>,
    P: Chain<Metrics>,
    E: Encoders<Metrics>,
{
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
            series.labels,
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
    fn run(&mut self, out: &O, points: bool) -> usize {
        if !points {
            return 0;
        }
        let batch = out.batch();
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

impl<O: Output> Branches<O> for () {
    fn admit(&mut self, _: u32, _: &NewSeries<'_>, _: &mut Vec<Refused>) -> bool {
        false
    }

    fn retire(&mut self, _: u32) {}

    #[inline]
    fn run(&mut self, _: &O, _: bool) -> usize {
        0
    }

    fn abandon(&self, _: &mut Vec<Box<dyn Fn() + Send>>) {}
}

impl<O: Output, A: Branches<O>, B: Branches<O>> Branches<O> for (A, B) {
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
    fn run(&mut self, out: &O, points: bool) -> usize {
        self.0.run(out, points) + self.1.run(out, points)
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

impl<S: Signal, P, E> std::fmt::Debug for Branch<S, P, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Branch").field("info", &self.info).finish_non_exhaustive()
    }
}
