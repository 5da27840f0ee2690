// SPDX-License-Identifier: Apache-2.0
//! The loop of one exporter's delivery.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracecore_schema::delivery::RetryConfig;

use super::Delivery;
use super::attempts::{Attempts, Ended};
use super::batch::Batching;
use super::drain::Drain;
use super::pace::{MOST_ASKED, Pace};
use super::voice::Voice;
use crate::queue::{FrameReceiver, ItemOutcome, Left};
use crate::{ErrorKind, Retry, Stopping, Stream};

/// How one exporter delivers.
#[derive(Clone, Debug)]
pub(in crate::host) struct Plan {
    batching: Batching,
    concurrency: usize,
    retry: RetryConfig,
    /// How long it may take at the end.
    drain: Duration,
    /// Decides all that is left to chance; without it, chance does.
    seed: Option<u64>,
}

impl Plan {
    /// The plan of what the operator chose, with so much time at the end.
    pub(in crate::host) fn new(delivery: &Delivery, drain: Duration) -> Self {
        let Delivery { queue, retry, .. } = delivery;
        let capacity = usize::try_from(queue.size.0).unwrap_or(usize::MAX);
        let concurrency = usize::try_from(queue.concurrency).unwrap_or(1);
        let batching = Batching::new(&queue.batch, capacity, concurrency);
        Self { batching, concurrency, retry: retry.clone(), drain, seed: None }
    }

    /// Bytes that may be in attempts at once, but for frames larger than a batch.
    pub(in crate::host) const fn in_flight(&self) -> usize {
        self.batching.bytes * self.concurrency
    }

    /// The same, repeatable.
    #[cfg(test)]
    pub(super) const fn seeded(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

/// How long the last write may take when the budget is over: part of what the host allows for an
/// exporter to end.
const TO_WRITE: Duration = Duration::from_millis(150);

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The queue is closed and empty.
    Empty,
    /// There is no time left, or no use in it.
    GivenUp,
    /// Whoever read has gone away.
    Closed,
}

/// Delivers until the queue is closed and empty, the reader is gone, or the drain budget is
/// spent. Says whether the reader is gone.
pub(in crate::host) async fn deliver<E: Stream>(
    exporter: &E,
    queue: FrameReceiver,
    plan: &Plan,
    mut voice: Voice,
    mut stop: Stopping,
) -> bool {
    let mut delivering = Delivering {
        queue: &queue,
        plan,
        pace: Pace::new(&plan.retry, plan.concurrency, plan.seed),
        asked_until: None,
        drain: None,
    };
    let mut attempts = Attempts::new(exporter);
    let end = loop {
        // Deliveries that wait for nothing must not keep the thread from everything else.
        tokio::task::coop::consume_budget().await;
        if stop.is_set() {
            break End::GivenUp;
        }
        let wake = match delivering.next(&mut attempts) {
            Next::Begun => continue,
            Next::End(end) => break end,
            Next::Wait(wake) => wake,
        };
        tokio::select! {
            biased;
            ended = attempts.next() => {
                if let Some(end) = delivering.settle(ended, &mut voice) {
                    break end;
                }
            }
            () = stop.stopped() => break End::GivenUp,
            () = queue.changed() => {}
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
        }
    };
    let mut left = delivering.end(end, &mut attempts);
    let budget = delivering.time_to_write();
    drop(attempts);
    if queue.is_durable() {
        // It waits for a disk, which this thread must not.
        left.stored = tokio::task::spawn_blocking(move || queue.finish(budget)).await.unwrap_or_default();
    }
    if end != End::Closed {
        voice.ended(&left);
    }
    end == End::Closed
}

/// What is left at the end, in items.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Remains {
    /// Waited in memory, and are lost.
    pub(super) lost: u64,
    /// Were in an attempt that was cut off.
    pub(super) interrupted: u64,
    /// What became of those in storage.
    pub(super) stored: Left,
}

/// What to do next.
enum Next {
    /// An attempt was begun; there may be another.
    Begun,
    /// Until something happens, or at that time.
    Wait(Option<Instant>),
    End(End),
}

struct Delivering<'a> {
    queue: &'a FrameReceiver,
    plan: &'a Plan,
    pace: Pace,
    /// Until when the other side asked to be left alone.
    asked_until: Option<Instant>,
    drain: Option<Drain>,
}

impl Delivering<'_> {
    fn next<E: Stream>(&mut self, attempts: &mut Attempts<'_, E>) -> Next {
        let now = Instant::now();
        let waiting = self.queue.waiting();
        if waiting.closed && self.drain.is_none() {
            let asked_until = self.asked_until.filter(|until| *until > now);
            let durable = self.queue.is_durable();
            self.drain = Some(Drain::begin(now, self.plan.drain, durable, asked_until, &mut self.pace));
        }
        if attempts.len() == 0 {
            if waiting.closed && waiting.frames == 0 && !waiting.more {
                return Next::End(End::Empty);
            }
            if self.drain.is_some_and(|drain| drain.is_hopeless(&self.pace, false)) {
                return Next::End(End::GivenUp);
            }
        }
        if attempts.len() >= self.pace.window() {
            return Next::Wait(None);
        }
        let Some(ready) = self.plan.batching.ready_at(&waiting, now) else { return Next::Wait(None) };
        let at = self.pace.opens_at().map_or(ready, |opens| opens.max(ready));
        if at > now {
            return Next::Wait(Some(at));
        }
        let Some(batch) = self.queue.take(self.plan.batching.bytes) else { return Next::Wait(None) };
        self.pace.begins(now);
        attempts.begin(batch, now);
        Next::Begun
    }

    /// What became of an attempt. Gives an end, if this is one.
    fn settle<E: Stream>(&mut self, ended: Ended<E>, voice: &mut Voice) -> Option<End> {
        let Ended { batch, began, outcome } = ended;
        let (now, items) = (Instant::now(), batch.items());
        match outcome {
            Ok(Ok(delivered)) => {
                self.pace.answered(now);
                voice.delivered(delivered.rejected.min(items), &delivered.message, now);
                self.queue.settle_partly(batch, delivered.rejected);
                None
            }
            Ok(Err(fault)) => {
                let (kind, why) = (fault.kind().index(), fault.to_string());
                if fault.is_closed() {
                    voice.closed(kind, &why);
                    self.queue.settle(batch, ItemOutcome::DroppedClosed);
                    return Some(End::Closed);
                }
                let Some(retry) = fault.retry() else {
                    self.pace.answered(now);
                    voice.refused(kind, items, &why, now);
                    self.queue.settle(batch, ItemOutcome::RejectedRefused);
                    return None;
                };
                let wait = self.pace.failed(began, now, retry);
                if let Retry::After(asked) = retry {
                    let until = now + asked.min(MOST_ASKED);
                    self.asked_until = Some(self.asked_until.map_or(until, |before| before.max(until)));
                }
                voice.failed(kind, &why, wait, now);
                let most = self.plan.retry.max_elapsed;
                let given_up = self.queue.put_back(batch, |frame| {
                    let first = frame.tried(began);
                    most.is_some_and(|most| now.saturating_duration_since(first) >= most)
                });
                if given_up > 0 {
                    voice.exhausted(given_up, &why, now);
                }
                let hopeless = self.drain.is_some_and(|drain| drain.is_hopeless(&self.pace, true));
                hopeless.then_some(End::GivenUp)
            }
            Err(panic) => {
                self.pace.answered(now);
                let why = format!("the exporter panicked: {panic}");
                voice.refused(panic_kind::<E>(), items, &why, now);
                self.queue.settle(batch, ItemOutcome::DroppedPanic);
                None
            }
        }
    }

    /// Accounts for everything that is left.
    fn end<E: Stream>(&self, end: End, attempts: &mut Attempts<'_, E>) -> Remains {
        let mut remains = Remains::default();
        for batch in attempts.cut_off() {
            if self.queue.is_durable() {
                // It may have arrived; the next process sends it again rather than lose it.
                self.queue.put_back(batch, |_| false);
            } else {
                remains.interrupted += batch.items();
                self.queue.settle(batch, ItemOutcome::LostInterrupted);
            }
        }
        let outcome = if end == End::Closed { ItemOutcome::DroppedClosed } else { ItemOutcome::LostShutdown };
        remains.lost = self.queue.close_and_discard(outcome);
        remains
    }

    /// How long what is left may take to be written down.
    fn time_to_write(&self) -> Duration {
        let left = self.drain.map_or(Duration::ZERO, |drain| drain.left(Instant::now()));
        left.max(TO_WRITE)
    }
}

fn panic_kind<E: Stream>() -> usize {
    let names = <E::Kind as ErrorKind>::NAMES;
    names.iter().position(|name| *name == "panic").unwrap_or_else(|| <E::Kind as ErrorKind>::INIT.index())
}
