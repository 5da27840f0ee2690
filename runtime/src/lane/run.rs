// SPDX-License-Identifier: Apache-2.0
//! The life of a lane's thread: open, discover, tick, and again after a failure.
//!
//! Only the receiver's own code runs under the heartbeat and inside `catch_unwind`; whatever it
//! does, the thread either goes on or is given up by the watchdog, and nothing else notices.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::beat::{Abandoned, Beat};
use super::branch::Branches;
use super::table::{Admitting, SeriesTable};
use super::tick::tick;
use crate::backoff::Backoff;
use crate::queue::ticks_at;
use crate::signal::Output;
use crate::telemetry::{ReceiverTelemetry, RecordReceiver, Reporter, Status};
use crate::{Device, ErrorKind, Failure, Open, Pace, Receiver, Registrar, Settings, Slack, Stop};

/// A receiver that reads nothing for this long is opened again.
const FAILING_TOO_LONG: Duration = Duration::from_secs(60);
/// An event receiver that fails, or returns at once with nothing, is left alone for this long:
/// its lane must not spin.
const EVENT_PAUSE: Duration = Duration::from_millis(100);
/// An event receiver that found nothing after less than this has not waited.
const NOT_WAITED: Duration = Duration::from_millis(1);
/// Devices that could not be listed are looked for again after this long.
const DISCOVER_AGAIN: Duration = Duration::from_secs(5);

/// What every incarnation of a lane is made from.
pub(crate) struct LaneContext<R: Receiver> {
    pub(crate) config: R::Config,
    pub(crate) settings: Settings,
    pub(crate) telemetry: Arc<ReceiverTelemetry>,
    pub(crate) status: Reporter,
    pub(crate) stop: Stop,
    /// One tick, then the end.
    pub(crate) once: bool,
    /// Why it could not be opened, as last told.
    pub(crate) told: Mutex<String>,
}

/// Why a session ended.
enum End {
    /// Told to, or done.
    Stopped,
    /// Given up by the watchdog: somebody else is the lane now.
    Abandoned,
    /// The receiver is of no use; open it again after a while.
    Failed,
    /// Open it again at once: a device that was left alone has come back.
    Reopen,
}

impl From<Abandoned> for End {
    fn from(_: Abandoned) -> Self {
        Self::Abandoned
    }
}

/// Runs the lane until it is told to stop or given up.
pub(crate) fn run<R, B>(cx: &LaneContext<R>, beat: &Beat, make: &dyn Fn() -> Result<B, String>)
where
    R: Receiver,
    B: Branches<R::Out>,
{
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
    loop {
        let start = Instant::now();
        let end = session(cx, beat, make);
        beat.opened.store(true, Ordering::Release);
        match end {
            End::Stopped => return cx.status.report(Status::Stopped, ""),
            End::Abandoned => return,
            End::Reopen => continue,
            End::Failed => {
                cx.telemetry.degraded(true);
                cx.telemetry.scraped(false);
            }
        }
        if cx.once {
            return;
        }
        if start.elapsed() > FAILING_TOO_LONG {
            backoff.reset();
        }
        if cx.stop.wait_until(Instant::now() + backoff.next()) {
            return cx.status.report(Status::Stopped, "");
        }
        cx.telemetry.restarted();
    }
}

/// One receiver from open to close.
fn session<R, B>(cx: &LaneContext<R>, beat: &Beat, make: &dyn Fn() -> Result<B, String>) -> End
where
    R: Receiver,
    B: Branches<R::Out>,
{
    let mut branches = match make() {
        Ok(branches) => branches,
        Err(why) => {
            cx.telemetry.error(<R::Kind as ErrorKind>::INIT.index());
            cx.status.report(Status::RecoverableError, &why);
            cx.settings.logger.error(&why);
            return End::Failed;
        }
    };
    {
        let mut handles = beat.abandon.lock().unwrap_or_else(PoisonError::into_inner);
        handles.clear();
        branches.abandon(&mut handles);
    }
    let mut receiver = None;
    let end = catch_unwind(AssertUnwindSafe(|| drive(cx, beat, &mut receiver, &mut branches)));
    let end = end.unwrap_or_else(|panic| {
        cx.runtime_error("panic");
        let why = format!("the receiver panicked: {}", panic_text(&*panic));
        cx.status.report(Status::RecoverableError, &why);
        cx.settings.logger.error(&why);
        beat.recover().map_or_else(End::from, |()| End::Failed)
    });
    // What is shown goes first: closing may hang as well.
    drop(branches);
    if !matches!(end, End::Abandoned) {
        cx.telemetry.series(0);
    }
    let closed = beat.call(|| catch_unwind(AssertUnwindSafe(|| drop(receiver))));
    match (closed, end) {
        (Err(Abandoned), _) => End::Abandoned,
        (Ok(Err(_)), End::Stopped) => End::Stopped,
        (Ok(Err(_)), _) => {
            cx.runtime_error("panic");
            cx.status.report(Status::RecoverableError, "the receiver panicked while it was closed");
            End::Failed
        }
        (Ok(Ok(())), end) => end,
    }
}

/// Opens, discovers and ticks. Panics of the receiver pass through.
fn drive<R, B>(cx: &LaneContext<R>, beat: &Beat, place: &mut Option<R>, branches: &mut B) -> End
where
    R: Receiver,
    B: Branches<R::Out>,
{
    let skipped = beat.skipped.lock().unwrap_or_else(PoisonError::into_inner).clone();
    beat.probe.entering(crate::Device::NONE);
    let opened =
        beat.call(|| R::open(cx.config.clone(), &mut Open::new(&cx.settings, &skipped, beat.probe.clone())));
    beat.opened.store(true, Ordering::Release);
    let receiver = match opened {
        Err(Abandoned) => return End::Abandoned,
        Ok(Err(fault)) => {
            cx.telemetry.error(<R::Kind as ErrorKind>::INIT.index());
            cx.failed(&format!("cannot open: {fault}"));
            return End::Failed;
        }
        Ok(Ok(receiver)) => place.insert(receiver),
    };
    cx.works(&skipped);
    let told = std::mem::take(&mut *cx.told.lock().unwrap_or_else(PoisonError::into_inner));
    if !told.is_empty() {
        cx.settings.logger.info("opened after all");
    }
    let pace = R::pace(&cx.config);
    let mut lane = Ticking {
        cx,
        beat,
        pace,
        receiver,
        branches,
        out: R::Out::new(beat.probe.clone()),
        table: SeriesTable::new(),
        discover_at: Instant::now(),
        failing: false,
        fruitless_since: None,
    };
    lane.run().unwrap_or_else(|end| end)
}

struct Ticking<'a, R: Receiver, B> {
    cx: &'a LaneContext<R>,
    beat: &'a Beat,
    pace: Pace,
    receiver: &'a mut R,
    branches: &'a mut B,
    out: R::Out,
    table: SeriesTable,
    discover_at: Instant,
    /// Whether the last call failed.
    failing: bool,
    /// Since when nothing at all could be read.
    fruitless_since: Option<Instant>,
}

impl<R, B> Ticking<'_, R, B>
where
    R: Receiver,
    B: Branches<R::Out>,
{
    fn run(&mut self) -> Result<End, End> {
        if self.pace.events { self.listen() } else { self.scrape() }
    }

    /// Ticks on absolute deadlines.
    fn scrape(&mut self) -> Result<End, End> {
        let mut deadline = Instant::now();
        loop {
            if self.pace.idles {
                self.idle(deadline)?;
            }
            if self.cx.stop.wait_until(deadline) {
                return Ok(End::Stopped);
            }
            ticks_at(deadline + self.pace.interval);
            if self.round()?.is_none() {
                return Ok(End::Reopen);
            }
            if self.cx.once {
                return Ok(self.seen());
            }
            deadline += self.pace.interval;
            let late = Instant::now().saturating_duration_since(deadline);
            if !late.is_zero() {
                let interval = self.pace.interval.as_nanos().max(1);
                let missed = u32::try_from(late.as_nanos() / interval + 1).unwrap_or(u32::MAX);
                self.cx.telemetry.skipped_ticks(u64::from(missed));
                deadline += self.pace.interval.saturating_mul(missed);
            }
        }
    }

    /// Calls `collect` back to back: it waits for events itself.
    fn listen(&mut self) -> Result<End, End> {
        let mut pause = Instant::now();
        let end_of_once = pause + self.pace.interval;
        loop {
            if self.cx.stop.wait_until(pause) {
                return Ok(End::Stopped);
            }
            let start = Instant::now();
            ticks_at(start + self.pace.interval);
            let Some(found) = self.round()? else { return Ok(End::Reopen) };
            let now = Instant::now();
            if self.cx.once && (!found || now >= end_of_once) {
                return Ok(self.seen());
            }
            let idle = self.failing || (!found && now - start < NOT_WAITED);
            pause = if idle { now + EVENT_PAUSE } else { now };
        }
    }

    /// Looks for devices if it is time to, then ticks. Says whether something was read; `None`
    /// if the receiver is to be opened again.
    fn round(&mut self) -> Result<Option<bool>, End> {
        if self.beat.reopen.swap(false, Ordering::AcqRel) {
            return Ok(None);
        }
        if Instant::now() >= self.discover_at {
            self.discover()?;
        }
        self.tick()?;
        Ok(Some(self.out.points() + self.out.records() > 0))
    }

    /// The one round is done. What was read stays on the pages until everybody has seen it.
    fn seen(&self) -> End {
        self.beat.round.store(true, Ordering::Release);
        while !self.cx.stop.wait_until(Instant::now() + FAILING_TOO_LONG) {}
        End::Stopped
    }

    /// Gives the receiver the time until the next tick, call by call.
    fn idle(&mut self, deadline: Instant) -> Result<(), End> {
        while Instant::now() < deadline && !self.cx.stop.is_set() {
            let slack = Slack::new(deadline, &self.beat.probe);
            let more = self.beat.call(|| self.receiver.idle(&slack))?;
            slack.entering(Device::NONE);
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn discover(&mut self) -> Result<(), End> {
        let result = self.beat.call(|| {
            let mut admitting = Admitting {
                table: &mut self.table,
                out: &mut self.out,
                branches: &mut *self.branches,
                now_unix_nanos: unix_nanos(),
            };
            self.receiver.discover(&mut Registrar::new(&mut admitting, &self.beat.probe))
        })?;
        let refused = self.table.take_refused();
        for _ in &refused {
            self.cx.runtime_error("cardinality");
        }
        if let Some(first) = refused.first() {
            self.cx.settings.logger.warn(&format!("{} series refused: {first}", refused.len()));
        }
        self.cx.telemetry.series(i64::try_from(self.table.live()).unwrap_or(i64::MAX));
        match result {
            Ok(()) => {
                self.discover_at = Instant::now() + self.pace.rediscover;
                Ok(())
            }
            Err(fault) => {
                self.discover_at = Instant::now() + self.pace.rediscover.min(DISCOVER_AGAIN);
                self.failure(&fault)
            }
        }
    }

    fn tick(&mut self) -> Result<(), End> {
        let telemetry = &*self.cx.telemetry;
        let events = self.pace.events;
        let now = unix_nanos();
        let ticked = tick(self.receiver, &mut self.out, self.branches, self.beat, telemetry, now, events)?;
        if ticked.rediscover {
            self.discover_at = Instant::now();
        }
        if ticked.refused > 0 {
            self.cx.runtime_error("downstream");
        }
        match ticked.result {
            Ok(()) => {
                telemetry.activity_now();
                telemetry.degraded(false);
                self.fruitless_since = None;
                if std::mem::take(&mut self.failing) {
                    let skipped = self.beat.skipped.lock().unwrap_or_else(PoisonError::into_inner);
                    self.cx.works(&skipped);
                    self.cx.settings.logger.info("recovered");
                }
                Ok(())
            }
            Err(fault) => {
                if self.out.points() + self.out.records() == 0 {
                    return self.failure(&fault);
                }
                // Part of it was read: a node with one sick GPU of eight is degraded, not
                // inactive, and opening it again would only take the seven away.
                telemetry.activity_now();
                self.fruitless_since = None;
                self.failure(&fault)
            }
        }
    }

    #[cold]
    fn failure(&mut self, fault: &Failure<R>) -> Result<(), End> {
        for kind in fault.kinds() {
            self.cx.telemetry.error(kind.index());
        }
        self.cx.telemetry.degraded(true);
        if !std::mem::replace(&mut self.failing, true) {
            // The first failure after a success is told; then quiet until the next recovery.
            let why = fault.to_string();
            self.cx.settings.logger.warn(&why);
            self.cx.status.report(Status::RecoverableError, &why);
        }
        let since = *self.fruitless_since.get_or_insert_with(Instant::now);
        if fault.wants_reopen() || since.elapsed() > FAILING_TOO_LONG {
            return Err(End::Failed);
        }
        Ok(())
    }
}

impl<R: Receiver> LaneContext<R> {
    /// Says that it works, as far as it is let: a device that hangs is left alone.
    #[cold]
    fn works(&self, skipped: &[String]) {
        if skipped.is_empty() {
            self.status.report(Status::Ok, "");
        } else {
            let why = format!("without {}: a call has not returned", skipped.join(", "));
            self.status.report(Status::RecoverableError, &why);
        }
    }

    /// Counts a failure that the runtime itself reports.
    #[cold]
    fn runtime_error(&self, kind: &str) {
        if let Some(index) = <R::Kind as ErrorKind>::NAMES.iter().position(|name| *name == kind) {
            self.telemetry.error(index);
        }
    }

    /// Tells of a failed open once per state: a driver that stays away is one line, not one
    /// per attempt.
    #[cold]
    fn failed(&self, why: &str) {
        self.status.report(Status::RecoverableError, why);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == why {
            self.settings.logger.debug(why);
        } else {
            self.settings.logger.warn(why);
            why.clone_into(&mut told);
        }
    }
}

fn unix_nanos() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
