// SPDX-License-Identifier: Apache-2.0
//! Xids and other critical events, as counters: polled each tick, never waited for.
//!
//! | file | for |
//! |---|---|
//! | `kinds.rs` | which events are counted |
//! | `set.rs` | the library's event set, one for each GPU |
//! | `tally.rs` | counters, also those that begin with their first event |
//! | `unbind.rs` | the driver's request to let go of a GPU |
//!
//! Counters belong to a GPU, not to its being there: the Xid that says that a GPU has fallen off
//! the bus would otherwise go with it, unseen. So they have a scope of their own, which stays
//! for an hour after the GPU went, and counts on if it comes back.
//!
//! Invariant: no event is dropped; one of a code that nobody foresaw is counted at once and
//! shows as soon as a scrape has seen its counter at 0. A tick without an event allocates
//! nothing.

mod kinds;
mod set;
mod tally;
mod unbind;

use std::time::{Duration, Instant};

use tracecore_runtime::signal::Span;
use tracecore_runtime::{Absence, Batch, Device as Mark, Logger, Registrar, ScopeId, Slot};
use tracecore_schema::{Attribute, Label};

use super::super::xid;
use super::code::{Class, Code};
use super::driver::Device;
use super::group::{absent_for, never};
use super::identity::Identity;
use super::{Config, Metrics};
use kinds::{KINDS, XID};
use set::{Event, EventSet};
use tally::{Counter, Key, Shows, Tally};
pub(super) use unbind::Unbind;

/// How long the counters of a GPU stay that is no longer there.
const STAY: Duration = Duration::from_secs(60 * 60);
/// How long they show after the last answer of any GPU, in nanoseconds: a few scrapes.
const SHOWN: u64 = 60_000_000_000;
/// At most so many events of a GPU are taken in a tick; the rest waits in the driver.
const MOST: u32 = 64;

const WAIT: &str = "nvmlEventSetWait_v2";
/// What the counters read from the library carry as their source.
const SOURCE: &str = "nvml";

/// The events of all GPUs.
#[derive(Debug)]
pub(super) struct Events {
    watched: Vec<Watched>,
    /// How long a counter that nobody foresaw shows 0, in nanoseconds.
    hold: u64,
    /// When a GPU last answered, in nanoseconds since 1970.
    answered: u64,
    logger: Logger,
}

/// The events of one GPU.
#[derive(Debug)]
struct Watched {
    uuid: String,
    name: String,
    mark: Mark,
    /// When it was last there.
    seen: Instant,
    state: State,
    series: Option<Shown>,
    xids: Tally,
    /// How often each kind happened, in their order.
    kinds: [u64; KINDS.len()],
    last: u64,
}

#[derive(Debug)]
enum State {
    On(EventSet),
    /// Nothing is heard of it; this is why.
    Off {
        reason: Option<Absence>,
    },
    /// It is not there.
    Gone,
}

/// The series of one GPU. Those of Xids stand with their counters.
#[derive(Debug)]
struct Shown {
    scope: ScopeId,
    /// What they carry, to see when it changes.
    attributes: Vec<Attribute>,
    kinds: [Slot<u64>; KINDS.len()],
    last: Slot<u64>,
    /// The codes that it began with, in the order of their counters.
    codes: Vec<Slot<u64>>,
    /// Their series, if they follow each other.
    span: Option<Span>,
}

/// A GPU that is there.
pub(super) struct Present<'a> {
    pub(super) device: &'a Device,
    pub(super) identity: &'a Identity,
    /// The attributes of its series.
    pub(super) attributes: Vec<Attribute>,
    /// What they carry under DCGM's names.
    pub(super) labels: Vec<Label>,
    pub(super) name: &'a str,
    pub(super) mark: Mark,
}

impl Events {
    pub(super) fn new(config: &Config, logger: Logger) -> Self {
        // Two scrapes fit into a peak window, so half of it is seen by one.
        let hold = u64::try_from(config.peak_window.as_nanos() / 2).unwrap_or(u64::MAX);
        Self { watched: Vec::new(), hold, answered: 0, logger }
    }

    /// How many series a GPU has before anything happens.
    pub(super) const fn most() -> usize {
        xid::ALARMING.len() + KINDS.len() + 1
    }

    /// Takes over which GPUs are there: registers with those that came, lets go of those that
    /// went, and begins the series of what happened for the first time.
    pub(super) fn discover<'a>(
        &mut self,
        present: impl Iterator<Item = Present<'a>>,
        series: &mut Registrar<'_, Metrics>,
    ) {
        for watched in &mut self.watched {
            watched.mark = Mark::NONE;
        }
        let mut there = Vec::new();
        for gpu in present {
            series.entering(gpu.mark);
            let uuid = &gpu.identity.uuid;
            let at = self.watched.iter().position(|watched| watched.uuid == *uuid).unwrap_or_else(|| {
                self.watched.push(Watched::new(uuid.clone()));
                self.watched.len() - 1
            });
            self.watched[at].begin(gpu, &self.logger, series);
            there.push(at);
        }
        series.entering(Mark::NONE);
        for (at, watched) in self.watched.iter_mut().enumerate() {
            if !there.contains(&at) {
                watched.state = State::Gone;
            }
            watched.begin_late(series);
        }
        self.watched.retain(|watched| {
            let stays = watched.seen.elapsed() < STAY;
            if let (false, Some(shown)) = (stays, &watched.series) {
                series.retire_scope(shown.scope);
            }
            stays
        });
    }

    /// Takes what happened since the last tick and sets every counter. Failures go to `failed`:
    /// the GPU's name and UUID, the call, and its code.
    ///
    /// Once no GPU at all has answered for a while nothing is set any more, so that a receiver
    /// that reads nothing is seen to read nothing.
    #[inline]
    pub(super) fn poll(
        &mut self,
        answered: bool,
        out: &mut Batch,
        mut failed: impl FnMut(&str, &str, &'static str, Code),
    ) {
        let now = out.time_unix_nanos();
        if answered {
            self.answered = now;
        }
        let shown = now.saturating_sub(self.answered) < SHOWN;
        for watched in &mut self.watched {
            if let State::On(set) = &watched.state {
                out.entering(watched.mark);
                let ended = Self::drain(set, &mut watched.xids, &mut watched.kinds, &mut watched.last, out);
                if let Some(code) = ended {
                    watched.lost(code, &mut failed);
                }
            }
            if shown {
                watched.set(now, self.hold, out);
            }
        }
        out.entering(Mark::NONE);
    }

    /// Counts the events of one GPU; gives why there was no answer.
    #[inline]
    fn drain(
        set: &EventSet,
        xids: &mut Tally,
        kinds: &mut [u64; KINDS.len()],
        last: &mut u64,
        out: &mut Batch,
    ) -> Option<Code> {
        for _ in 0..MOST {
            match set.next() {
                Ok(None) => return None,
                Ok(Some(event)) => count(event, xids, kinds, last, out),
                Err(code) => return Some(code),
            }
        }
        None
    }
}

/// Asks once whether events can be had, for who wants to know and not to count.
pub(super) fn survey(device: &Device, found: &mut Vec<(&'static str, Option<Code>)>) {
    match EventSet::open(device) {
        Ok(set) => found.push((WAIT, set.next().err())),
        Err((call, code)) => found.push((call, Some(code))),
    }
}

#[cold]
fn count(event: Event, xids: &mut Tally, kinds: &mut [u64; KINDS.len()], last: &mut u64, out: &mut Batch) {
    for (kind, count) in KINDS.iter().zip(kinds) {
        *count += u64::from(event.bit & kind.bit != 0);
    }
    if event.bit & XID != 0 {
        *last = event.data;
        if xids.count(Key { code: event.data, instance: event.instance }) {
            out.rediscover();
        }
    }
}

impl Watched {
    fn new(uuid: String) -> Self {
        Self {
            uuid,
            name: String::new(),
            mark: Mark::NONE,
            seen: Instant::now(),
            state: State::Gone,
            series: None,
            xids: Tally::foreseen(xid::ALARMING),
            kinds: [0; KINDS.len()],
            last: 0,
        }
    }

    /// It is there: registers with it, unless that was done or will never work.
    fn begin(&mut self, gpu: Present<'_>, logger: &Logger, series: &mut Registrar<'_, Metrics>) {
        self.seen = Instant::now();
        self.mark = gpu.mark;
        gpu.name.clone_into(&mut self.name);
        if !matches!(self.state, State::On(_) | State::Off { reason: Some(Absence::Unsupported) }) {
            self.state = match EventSet::open(gpu.device) {
                Ok(set) => State::On(set),
                Err((call, code)) => {
                    let reason = never(code);
                    if reason.is_some() && matches!(self.state, State::Gone) {
                        logger.info(&format!("{} is not watched for events: {call}: {code}", self.name));
                    }
                    State::Off { reason }
                }
            };
        }
        if let State::On(set) = &self.state {
            let registered = set.registered;
            self.begin_series(gpu.attributes, gpu.labels, registered, series);
        }
    }

    fn begin_series(
        &mut self,
        attributes: Vec<Attribute>,
        labels: Vec<Label>,
        registered: u64,
        series: &mut Registrar<'_, Metrics>,
    ) {
        if let Some(shown) = &self.series {
            if shown.attributes == attributes {
                return;
            }
            // It moved to another index: other series, and they count on.
            series.retire_scope(shown.scope);
        }
        let scope = series.scope_with(attributes.clone(), labels);
        let kinds = KINDS.each_ref().map(|kind| match registered & kind.bit {
            0 => Slot::OFF,
            _ => series.begin_in(
                scope,
                |m| m.events.events,
                [Attribute::new("tracecore.gpu.event", kind.name)],
            ),
        });
        let last = series.begin_in(scope, |m| m.events.last_xid, []);
        for counter in self.xids.counters().filter(|counter| counter.shows != Shows::Nothing) {
            counter.slot = begin_xid(counter, scope, series);
        }
        let codes = self.xids.counters().take_while(|counter| counter.shows != Shows::Nothing);
        let codes = codes.map(|counter| counter.slot).collect();
        self.series = Some(Shown { scope, attributes, kinds, last, codes, span: None });
    }

    /// Begins the series of codes that happened for the first time.
    fn begin_late(&mut self, series: &mut Registrar<'_, Metrics>) {
        let Some(shown) = &self.series else { return };
        for counter in self.xids.counters().filter(|counter| counter.shows == Shows::Nothing) {
            counter.slot = begin_xid(counter, shown.scope, series);
            counter.shows = Shows::Zero { since: None };
        }
    }

    #[inline]
    fn set(&mut self, now: u64, hold: u64, out: &mut Batch) {
        if let Some(shown) = &mut self.series {
            for (slot, count) in shown.kinds.iter().zip(self.kinds) {
                out.set(*slot, count);
            }
            out.set(shown.last, self.last);
            let mut counters = self.xids.counters();
            if let Some(to) = shown.span.and_then(|span| out.write(span)) {
                for (to, counter) in to.values.iter_mut().zip(counters.by_ref()) {
                    // All of them were shown when their series began.
                    *to = counter.value(now, hold).unwrap_or(*to);
                }
            } else {
                shown.span = out.span(&shown.codes);
            }
            for counter in counters {
                if let Some(value) = counter.value(now, hold) {
                    out.set(counter.slot, value);
                }
            }
        }
        if let State::Off { reason: Some(reason) } = self.state {
            absent_for(out, reason, Events::most());
        }
    }

    /// There was no answer. What reading the GPU will tell as well is not told twice.
    #[cold]
    fn lost(&mut self, code: Code, failed: &mut impl FnMut(&str, &str, &'static str, Code)) {
        if !matches!(code.class(), Class::Lost | Class::Driver) {
            failed(&self.name, &self.uuid, WAIT, code);
        }
        // The set is of no more use; the next discovery registers anew. It comes when it comes: a
        // driver that fails each time is not to be asked each tick.
        self.state = State::Off { reason: None };
    }
}

fn begin_xid(counter: &Counter, scope: ScopeId, series: &mut Registrar<'_, Metrics>) -> Slot<u64> {
    let code = u32::try_from(counter.key.code).unwrap_or(u32::MAX);
    let mut attributes = vec![
        Attribute::new(xid::CODE, code),
        Attribute::new(xid::ACTION, xid::action(code).name()),
        Attribute::new(xid::SOURCE, SOURCE),
    ];
    if let Some((gpu, compute)) = counter.key.instance {
        attributes.push(Attribute::new("tracecore.gpu.mig.gpu_instance.id", gpu));
        if compute != u32::MAX {
            attributes.push(Attribute::new("tracecore.gpu.mig.compute_instance.id", compute));
        }
    }
    series.begin_in(scope, |m| m.events.xids, attributes)
}
