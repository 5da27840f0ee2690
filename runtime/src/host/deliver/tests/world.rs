// SPDX-License-Identifier: Apache-2.0
//! A queue, its delivery and the other side on virtual time, watched by an oracle.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracecore_schema::Role;
use tracecore_schema::delivery::{Order, Overflow};

use super::super::{Delivery, Plan, Voice, deliver};
use super::server::{Server, Weather};
use crate::queue::{Balance, Frames, ItemOutcome, Rules, with_rules};
use crate::telemetry::{ExporterTelemetry, Registry};
use crate::{ErrorKind, Logger, StopTasks, stop_tasks};

/// What is sent: one frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) at: Duration,
    pub(super) bytes: usize,
    pub(super) items: u64,
}

/// All of a run.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) seed: u64,
    pub(super) delivery: Delivery,
    pub(super) weather: Vec<(Duration, Weather)>,
    pub(super) frames: Vec<Sent>,
    /// When the queue is closed.
    pub(super) closes: Duration,
    pub(super) drain: Duration,
    /// A bug for the oracle to find.
    pub(super) planted: Option<usize>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) balance: Balance,
    pub(super) outcomes: Vec<(ItemOutcome, u64)>,
    pub(super) attempts: Vec<super::server::Attempt>,
    pub(super) most_bytes: u64,
    /// When nothing waited any more for the first time after a moment.
    pub(super) empty_at: Vec<Duration>,
    /// How long the end took.
    pub(super) drained_in: Duration,
    /// What happened when, line by line.
    pub(super) trace: String,
    /// The first thing that was wrong.
    pub(super) wrong: Option<String>,
}

impl Told {
    pub(super) fn ended(&self, outcome: ItemOutcome) -> u64 {
        self.outcomes.iter().find(|(one, _)| *one == outcome).map_or(0, |(_, items)| *items)
    }
}

/// Runs a story from its beginning to its end.
pub(super) fn run(story: &Story) -> Told {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(tell(story))
}

async fn tell(story: &Story) -> Told {
    let start = Instant::now();
    let rules = Rules::of(&story.delivery.queue);
    let concurrency = story.delivery.queue.concurrency as usize;
    let server = Server::new(start, concurrency, story.weather.clone());
    server.state().planted = story.planted;
    let (frames, receiver) = with_rules(rules);
    let registry = Registry::off();
    let id: Arc<str> = "simulated".into();
    let telemetry = ExporterTelemetry::new(Arc::clone(&id), super::server::ServerKind::NAMES);
    telemetry.queue(frames.clone());
    let voice = Voice::new(telemetry, registry.reporter(Role::Exporter, &id), Logger::new(id));
    let plan = Plan::new(&story.delivery, story.drain).seeded(story.seed);
    let (stop, stopping) = stop_tasks();
    let closer = receiver.closer();
    let watched = Watched { story, start, server: &server, frames: &frames, stop: &stop };
    let delivering = deliver(&server, receiver, &plan, voice, stopping);
    let (_, (mut told, ended)) = tokio::join!(
        async {
            delivering.await;
            watched.stop.set();
        },
        watched.live(frames.clone(), closer)
    );
    let (balance, outcomes) = frames.outcomes();
    told.balance = balance;
    told.outcomes = ItemOutcome::ALL.into_iter().zip(outcomes).collect();
    told.drained_in = ended;
    let state = server.state();
    told.attempts.clone_from(&state.attempts);
    for attempt in &state.attempts {
        let (at, first, frames, taken) = (attempt.at, attempt.first, attempt.frames, attempt.taken);
        let _ = writeln!(told.trace, "{at:?}: {frames} frames from {first}, taken: {taken}");
    }
    let _ = writeln!(told.trace, "{balance:?}");
    let seen = told.wrong.take();
    told.wrong = seen.or_else(|| judge(story, &told, &state)).or_else(|| state.wrong.first().cloned());
    told
}

struct Watched<'a> {
    story: &'a Story,
    start: Instant,
    server: &'a Server,
    frames: &'a Frames,
    stop: &'a StopTasks,
}

impl Watched<'_> {
    /// Sends what the story says, looks at everything after each frame, and closes the queue.
    async fn live(&self, mut frames: Frames, closer: crate::queue::QueueCloser) -> (Told, Duration) {
        let story = self.story;
        let mut told = Told {
            balance: Balance::default(),
            outcomes: Vec::new(),
            attempts: Vec::new(),
            most_bytes: 0,
            empty_at: Vec::new(),
            drained_in: Duration::ZERO,
            trace: String::new(),
            wrong: None,
        };
        for (number, sent) in story.frames.iter().enumerate() {
            sleep_until(self.start + sent.at).await;
            if self.frames.balance().queued == 0 {
                told.empty_at.push(self.start.elapsed());
            }
            let mut bytes = frames.buffer();
            bytes.extend_from_slice(&(number as u64).to_le_bytes());
            bytes.resize(sent.bytes.max(8), 0);
            frames.send(bytes, sent.items);
            self.look(&mut told);
        }
        sleep_until(self.start + story.closes).await;
        closer.hurry();
        closer.close();
        let closed = Instant::now();
        // The delivery ends by itself or is told to, as the host does it.
        let mut stopped = false;
        while self.frames.balance().queued + self.frames.balance().in_flight > 0 && !stopped {
            tokio::time::sleep(Duration::from_millis(1)).await;
            self.look(&mut told);
            stopped = closed.elapsed() >= story.drain;
        }
        self.stop.set();
        (told, closed.elapsed())
    }

    /// What holds at any moment.
    fn look(&self, told: &mut Told) {
        let (balance, bytes) = (self.frames.balance(), self.frames.bytes());
        told.most_bytes = told.most_bytes.max(bytes);
        let capacity = self.frames.capacity();
        let at = self.start.elapsed();
        if balance.gap() != 0 {
            told.wrong.get_or_insert(format!("{at:?}: {} items are nowhere: {balance:?}", balance.gap()));
        }
        if bytes > capacity && balance.queued > 0 {
            told.wrong.get_or_insert(format!("{at:?}: {bytes} bytes in a queue of {capacity}"));
        }
        if let Some(wrong) = self.server.state().wrong.first() {
            told.wrong.get_or_insert(format!("{at:?}: {wrong}"));
        }
    }
}

/// What holds at the end.
fn judge(story: &Story, told: &Told, state: &super::server::State) -> Option<String> {
    let balance = told.balance;
    let sent: u64 = story.frames.iter().map(|sent| sent.items).sum();
    if balance.gap() != 0 || balance.accepted != sent || balance.queued + balance.in_flight != 0 {
        return Some(format!("of {sent} items sent, at rest: {balance:?}"));
    }
    if balance.delivered != state.acknowledged {
        let took = state.acknowledged;
        return Some(format!(
            "the other side acknowledged {took} items, {} are delivered",
            balance.delivered
        ));
    }
    let forgets = story.weather.iter().any(|(_, weather)| *weather == Weather::Forgetful);
    if !forgets && let Some((frame, times)) = state.taken.iter().find(|(_, times)| **times > 1) {
        return Some(format!("frame {frame} was taken {times} times"));
    }
    let in_order = story.delivery.queue.order == Order::OldestFirst && story.delivery.queue.concurrency == 1;
    let firsts: Vec<_> = state.attempts.iter().map(|attempt| attempt.first).collect();
    if in_order && !firsts.is_sorted() {
        return Some("a newer frame was tried before an older one".to_owned());
    }
    let most = story.drain + Duration::from_millis(2);
    if told.drained_in > most {
        return Some(format!("the end took {:?}", told.drained_in));
    }
    let refuses = story.delivery.queue.overflow == Overflow::DropNewest;
    (refuses && told.ended(ItemOutcome::DroppedOldest) > 0).then(|| "an old frame was dropped".to_owned())
}
