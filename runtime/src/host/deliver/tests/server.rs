// SPDX-License-Identifier: Apache-2.0
//! The other side: takes, refuses, throttles, hangs, panics, is down, by a schedule.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracecore_schema::Config;

use crate::component::Encodes;
use crate::queue::{FrameBatch, Frames};
use crate::signal::{Batch, Encode, Metrics, Refused, Series};
use crate::{Delivered, ErrorKind, Failure, LaneInfo, Open, Stream, exporter};

/// How it is for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weather {
    /// It takes everything after this long.
    Up(Duration),
    /// Nobody answers; that is noticed after this long.
    Down(Duration),
    /// It takes batches, and the answer gets lost: they come again.
    Forgetful,
    /// It takes so many requests a second and asks the others to wait.
    Throttled { per_second: u32, wait: Duration },
    /// It refuses everything for good.
    Refusing,
    /// It takes all but one item of each batch.
    Picky,
    /// It does not answer before the weather changes.
    Hanging,
    /// The exporter itself panics.
    Panicking,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// From when on which weather.
    pub(super) schedule: Vec<(Duration, Weather)>,
    /// How often each frame was taken, by its number.
    pub(super) taken: BTreeMap<u64, u32>,
    /// How many batches it took.
    takes: usize,
    /// Items that it said it took.
    pub(super) acknowledged: u64,
    /// Attempts: when each began, how many frames and bytes, and what came of it.
    pub(super) attempts: Vec<Attempt>,
    /// What is wrong with how it was asked.
    pub(super) wrong: Vec<String>,
    /// Not before then, it said.
    pub(super) asked_until: Option<Instant>,
    /// A bug to find: this batch that it takes it does not count.
    pub(super) planted: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) at: Duration,
    pub(super) first: u64,
    pub(super) frames: usize,
    pub(super) bytes: usize,
    pub(super) taken: bool,
}

/// The other side, and the exporter that talks to it.
#[exporter(stream, config = ServerConfig, errors(io))]
#[derive(Clone)]
pub(super) struct Server {
    start: Instant,
    concurrency: usize,
    state: Arc<Mutex<State>>,
}

/// Nothing to say.
#[derive(Clone, Debug, Config)]
#[config(exporter = "simulated", signal = metrics, rust = Server)]
pub(super) struct ServerConfig {}

impl Server {
    pub(super) fn new(start: Instant, concurrency: usize, schedule: Vec<(Duration, Weather)>) -> Self {
        let state = Arc::new(Mutex::new(State { schedule, ..State::default() }));
        Self { start, concurrency, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A planted panic happens without the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn weather(&self) -> (Weather, Duration) {
        let now = self.start.elapsed();
        let state = self.state();
        let next = state.schedule.iter().map(|(from, _)| *from).find(|from| *from > now);
        let at = state.schedule.iter().rev().find(|(from, _)| *from <= now);
        let weather = at.map_or(Weather::Up(Duration::from_millis(1)), |(_, weather)| *weather);
        (weather, next.map_or(Duration::from_secs(3600), |next| next - now))
    }

    fn begin(&self, batch: &FrameBatch) -> usize {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(until) = state.asked_until.take().filter(|until| now < *until) {
            let early = (until - now).as_secs_f64();
            state.wrong.push(format!("asked {early:.3} s before it said that it may be"));
        }
        let numbers: Vec<_> = batch.frames().iter().map(number).collect();
        if !numbers.is_sorted() {
            state.wrong.push(format!("frames out of order in one batch: {numbers:?}"));
        }
        let (first, frames) = (numbers.first().copied().unwrap_or(0), numbers.len());
        let at = now - self.start;
        state.attempts.push(Attempt { at, first, frames, bytes: batch.bytes(), taken: false });
        state.attempts.len() - 1
    }

    fn take(&self, attempt: usize, batch: &FrameBatch, acknowledged: u64) {
        let mut state = self.state();
        state.attempts[attempt].taken = true;
        for frame in batch.frames() {
            *state.taken.entry(number(frame)).or_default() += 1;
        }
        state.takes += 1;
        if state.planted != Some(state.takes) {
            state.acknowledged += acknowledged;
        }
    }

    fn throttled(&self, per_second: u32) -> bool {
        let now = self.start.elapsed();
        let state = self.state();
        let recent = |attempt: &&Attempt| attempt.taken && now - attempt.at < Duration::from_secs(1);
        state.attempts.iter().rev().take_while(|a| now - a.at < Duration::from_secs(1)).filter(recent).count()
            >= per_second as usize
    }
}

pub(super) fn number(frame: &crate::queue::Frame) -> u64 {
    frame.bytes().first_chunk().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes))
}

thread_local! {
    static UNDER_WAY: Cell<usize> = const { Cell::new(0) };
}

/// Counts attempts under way, however they end.
struct UnderWay;

impl UnderWay {
    fn enter() -> (Self, usize) {
        UNDER_WAY.set(UNDER_WAY.get() + 1);
        (Self, UNDER_WAY.get())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.set(UNDER_WAY.get() - 1);
    }
}

impl Stream for Server {
    fn open(_: ServerConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Err(ServerKind::Init.because("tests make it themselves"))
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        let (_guard, under_way) = UnderWay::enter();
        if under_way > self.concurrency {
            self.state().wrong.push(format!("{under_way} attempts at once"));
        }
        let attempt = self.begin(batch);
        let items = batch.items();
        match self.weather() {
            (Weather::Up(latency), _) => {
                sleep(latency).await;
                self.take(attempt, batch, items);
                Ok(Delivered::all())
            }
            (Weather::Picky, _) => {
                sleep(Duration::from_millis(3)).await;
                let refused = items.min(1);
                self.take(attempt, batch, items - refused);
                Ok(Delivered::partly(refused, "one value is out of range"))
            }
            (Weather::Forgetful, _) => {
                sleep(Duration::from_millis(7)).await;
                self.take(attempt, batch, 0);
                Err(ServerKind::Io.because("the connection was reset").transient())
            }
            (Weather::Down(latency), _) => {
                sleep(latency).await;
                Err(ServerKind::Io.because("connection refused").transient())
            }
            (Weather::Throttled { per_second, wait }, _) => {
                sleep(Duration::from_millis(2)).await;
                if self.throttled(per_second) {
                    self.state().asked_until = Some(Instant::now() + wait);
                    return Err(ServerKind::Io.because("429 Too Many Requests").retry_after(wait));
                }
                self.take(attempt, batch, items);
                Ok(Delivered::all())
            }
            (Weather::Refusing, _) => Err(ServerKind::Io.because("400 Bad Request: no such tenant")),
            (Weather::Hanging, left) => {
                sleep(left).await;
                Err(ServerKind::Io.because("no answer in time").transient())
            }
            // Without the hook that prints: it is planted.
            (Weather::Panicking, _) => std::panic::resume_unwind(Box::new("planted")),
        }
    }
}

/// Tests send frames themselves.
pub(super) struct NoEncoder;

impl Encode<Metrics> for NoEncoder {
    fn admit(&mut self, _: u32, _: &Series) -> Result<(), Refused> {
        Ok(())
    }

    fn retire(&mut self, _: u32) {}

    fn encode(&mut self, _: &Batch) -> usize {
        0
    }
}

impl Encodes<Metrics> for Server {
    type Encoder = NoEncoder;

    fn encoder(_: &ServerConfig, _: Frames, _: &LaneInfo) -> NoEncoder {
        NoEncoder
    }
}
