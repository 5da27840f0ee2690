// SPDX-License-Identifier: Apache-2.0
//! A branch that carries logs: each record passes the processors, one by one.
//!
//! Without processors the encoders see the receiver's own batch; with some, the records that
//! pass lie in a batch of the branch, where they may be changed.

use super::branch::{Branch, Branches, NewSeries};
use super::chain::{Chain, Encoders};
use crate::signal::{Has, LogBatch, Logs, RecordDraft, Refused};
use crate::telemetry::EdgeOutcome;

impl<O, P, E> Branches<O> for Branch<Logs, P, E>
where
    O: Has<Logs>,
    P: Chain<Logs>,
    E: Encoders<Logs>,
{
    fn admit(&mut self, _: u32, _: &NewSeries<'_>, _: &mut Vec<Refused>) -> bool {
        false
    }

    fn retire(&mut self, _: u32) {}

    #[inline]
    fn run(&mut self, out: &O, _: bool) -> usize {
        let batch = out.batch();
        if batch.is_empty() {
            return 0;
        }
        if P::LEN == 0 {
            return self.encoders.encode(batch);
        }
        self.pass(batch);
        match &self.own {
            Some(own) if !own.is_empty() => self.encoders.encode(own),
            _ => 0,
        }
    }

    fn abandon(&self, handles: &mut Vec<Box<dyn Fn() + Send>>) {
        self.encoders.abandon(handles);
    }
}

impl<P: Chain<Logs>, E> Branch<Logs, P, E> {
    /// Copies what passes the processors into the branch's own batch, and counts (contract X2).
    fn pass(&mut self, batch: &LogBatch) {
        let Some(own) = &mut self.own else { return };
        own.begin(batch.observed_unix_nanos());
        for record in batch.records() {
            own.copy(record);
            let end = self.processors.admit(&mut RecordDraft::new(own)).err();
            if end.is_some() {
                own.pop();
            }
            for (place, stage) in self.stages.iter_mut().enumerate() {
                match end {
                    Some(end) if place > end => break,
                    Some(end) if place == end => stage.records.1 += 1,
                    _ => stage.records.0 += 1,
                }
            }
        }
        for stage in &mut self.stages {
            let (kept, dropped) = std::mem::take(&mut stage.records);
            stage.telemetry.kept(kept);
            stage.telemetry.dropped(dropped);
            if let Some(edge) = &stage.edge {
                edge.items(EdgeOutcome::Taken, kept + dropped);
            }
        }
        if P::REWRITES {
            self.processors.process(own);
        }
    }
}
