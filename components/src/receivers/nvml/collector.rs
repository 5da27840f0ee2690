// SPDX-License-Identifier: Apache-2.0
//! Which GPUs there are, and reading them all.
//!
//! GPUs are found by index and known by UUID. Before every sequence of calls to a GPU its place
//! is marked, also before the first: looking up a GPU that hangs may hang as well, so a place
//! on the skip list gets no call at all.
//!
//! A GPU that cannot be read is one `read` failure a tick; the others are read all the same.

use tracecore_runtime::{Batch, Device as Mark, ErrorKind, Fault, Faults, Logger, Open, Registrar, Slack};

use super::code::{Class, Code};
use super::driver::{Device, Driver};
use super::events::{Events, Present, Unbind};
use super::families::info::DriverInfo;
use super::group::{Group as _, Series, Verdict, absent_for};
use super::identity::{Identity, name};
use super::known::Known;
use super::place::{Gpu, Holds, Place, Why};
use super::readings::Readings;
use super::{Config, Metrics};

/// The error kinds that both receivers declare.
pub(super) trait Kinds: ErrorKind {
    const CONNECT: Self;
    const ENUMERATE: Self;
    const READ: Self;
}

/// Reads all GPUs of a driver.
#[derive(Debug)]
pub(super) struct Collector {
    // Before the driver, so that it is closed after its last device.
    places: Vec<Place>,
    info: Option<DriverInfo>,
    events: Option<Events>,
    /// Whose turn it is for what is too slow for a tick.
    turn: usize,
    unbind: Option<Unbind>,
    driver: Driver,
    config: Config,
    skipped: Vec<String>,
    logger: Logger,
    known: Known,
    /// The host's name.
    host: Option<String>,
}

/// What was found at an index.
type Found = (Mark, Result<Answer, Why>);

/// A GPU that says who it is.
#[derive(Debug)]
struct Answer {
    device: Device,
    uuid: String,
    /// Whether it is divided, which changes what it supports.
    mig: bool,
}

/// The name that the collector gives its host.
fn host(cx: &Open<'_>) -> Option<String> {
    let attributes = cx.settings().resource.attributes();
    attributes.iter().find(|one| one.key == "host.name").map(|one| one.value.to_string())
}

impl Collector {
    pub(super) fn new(driver: Driver, config: Config, cx: &Open<'_>) -> Self {
        Self {
            places: Vec::new(),
            info: None,
            events: config.groups.events.then(|| Events::new(&config, cx.settings().logger.clone())),
            turn: 0,
            unbind: Unbind::open(&driver).ok(),
            driver,
            config,
            skipped: cx.skipped().to_vec(),
            logger: cx.settings().logger.clone(),
            known: Known::new(cx),
            host: host(cx),
        }
    }

    /// Looks which GPUs there are.
    pub(super) fn discover<K: Kinds>(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault<K>> {
        series.entering(Mark::NONE);
        let count = self.driver.count().map_err(|code| {
            let fault = K::ENUMERATE.because(format_args!("cannot count the GPUs: {code}"));
            if code.class() == Class::Driver { fault.reopen() } else { fault }
        })?;
        if self.config.groups.info {
            self.info.get_or_insert_with(|| DriverInfo::begin(&self.driver, series)).counted(count);
        }
        // All names first: a GPU that moved to another index must end there before it begins here.
        let mut found: Vec<Found> = (0..count).map(|index| self.look(index, series)).collect();
        let mut kept: Vec<Option<Box<Gpu>>> = (0..count).map(|_| None).collect();
        let before: Vec<_> = self.places.iter().map(|place| place.values).collect();
        for (index, place) in std::mem::take(&mut self.places).into_iter().enumerate() {
            let Holds::Gpu(gpu) = place.holds else { continue };
            if !gpu.begin_again && still_there(&found, index, &gpu) {
                kept[index] = Some(gpu);
            } else {
                self.end(&place.name, *gpu, series);
            }
        }
        for (index, (mark, found)) in (0..count).zip(found.drain(..)) {
            let kept = kept.get_mut(index as usize).and_then(Option::take);
            series.entering(mark);
            let holds = match (found, kept) {
                (Ok(answer), Some(mut gpu)) => {
                    gpu.device = answer.device;
                    let Gpu { device, identity, scope, readings, .. } = &mut *gpu;
                    readings.look(device, &mut Series::new(series, *scope, identity, &self.config));
                    Holds::Gpu(gpu)
                }
                (Ok(answer), None) => Holds::Gpu(Box::new(self.begin(index, answer, series))),
                (Err(_), Some(gpu)) => Holds::Gpu(gpu),
                (Err(why), None) => Holds::Nothing(why),
            };
            let values = match &holds {
                Holds::Gpu(gpu) => gpu.readings.values(&self.config),
                Holds::Nothing(_) => before.get(index as usize).copied().unwrap_or(0),
            };
            self.places.push(Place { name: name(index), mark, holds, values });
        }
        // One that has never been read: as many as another has, or as many as there can be.
        let most = self.places.iter().map(|place| place.values).max().filter(|values| *values > 0);
        let most = most.unwrap_or_else(|| Readings::most(&self.config));
        self.places.iter_mut().filter(|place| place.values == 0).for_each(|place| place.values = most);
        self.watch(series);
        series.entering(Mark::NONE);
        self.known.publish(self.places.iter().filter_map(|place| match &place.holds {
            Holds::Gpu(gpu) => Some(&gpu.identity),
            Holds::Nothing(_) => None,
        }));
        if self.places.is_empty() { Err(self.no_gpu()) } else { Ok(()) }
    }

    /// Registers for the events of the GPUs that are there.
    fn watch(&mut self, series: &mut Registrar<'_, Metrics>) {
        let Some(events) = &mut self.events else { return };
        let present = self.places.iter().filter_map(|place| match &place.holds {
            Holds::Gpu(gpu) => Some(Present {
                device: &gpu.device,
                identity: &gpu.identity,
                attributes: gpu.identity.attributes(),
                labels: gpu.identity.labels(),
                name: &place.name,
                mark: place.mark,
            }),
            Holds::Nothing(_) => None,
        });
        events.discover(present, series);
    }

    /// Asks the GPU at an index who it is, unless it is to be left alone.
    fn look(&self, index: u32, series: &Registrar<'_, Metrics>) -> Found {
        let name = name(index);
        let mark = series.device(&name);
        if self.skipped.contains(&name) {
            return (mark, Err(Why::Stuck));
        }
        series.entering(mark);
        let known = self.driver.device(index).and_then(|device| {
            let uuid = device.uuid()?;
            let mig = device.mig_mode().is_ok_and(|(current, _)| current == 1);
            Ok(Answer { device, uuid, mig })
        });
        (mark, known.map_err(Why::Failed))
    }

    fn end(&self, name: &str, mut gpu: Gpu, series: &mut Registrar<'_, Metrics>) {
        self.logger.info(&format!("{name} ({}) ends", gpu.identity.uuid));
        gpu.readings.end(&mut Series::new(series, gpu.scope, &gpu.identity, &self.config));
        series.retire_scope(gpu.scope);
    }

    fn begin(&self, index: u32, answer: Answer, series: &mut Registrar<'_, Metrics>) -> Gpu {
        let Answer { device, uuid, mig } = answer;
        let identity = Identity::of(&device, index, uuid, self.driver.version(), self.host.as_deref());
        let scope = series.scope_with(identity.attributes(), identity.labels());
        let readings = Readings::begin(&device, &mut Series::new(series, scope, &identity, &self.config));
        let mut missing = Vec::new();
        readings.missing(&mut missing);
        let missing: Vec<_> = missing.iter().map(|(call, code)| format!("{call}: {code}")).collect();
        let model = identity.model.as_deref().unwrap_or("of unknown model");
        let mut line = format!("{} begins: {model}, {}", name(index), identity.uuid);
        if !missing.is_empty() {
            line.push_str("; without ");
            line.push_str(&missing.join(", "));
        }
        self.logger.info(&line);
        Gpu { device, identity, scope, readings, mig, begin_again: false }
    }

    /// Reads every GPU.
    #[inline]
    pub(super) fn collect<K: Kinds>(&mut self, out: &mut Batch) -> Result<(), Fault<K>> {
        let mut faults = Faults::new();
        let mut answered = false;
        for place in &mut self.places {
            match &mut place.holds {
                Holds::Gpu(gpu) => {
                    answered = true;
                    out.entering(place.mark);
                    let mut verdict = Verdict::default();
                    gpu.readings.read(&gpu.device, out, &mut verdict);
                    if verdict.look {
                        out.rediscover();
                    }
                    if let Some((call, code)) = verdict.first {
                        faults.push(failed(&place.name, gpu, verdict, call, code, out));
                    }
                }
                Holds::Nothing(why) => not_read(&place.name, *why, place.values, &mut faults, out),
            }
        }
        // Not if nothing could be read: they would look like a reading.
        if let Some(info) = self.info.as_ref().filter(|_| answered) {
            info.set(out);
        }
        if let Some(events) = &mut self.events {
            events.poll(answered, out, |name, uuid, call, code| {
                faults.push(K::READ.because(format_args!("{name} ({uuid}): {call}: {code}")));
            });
        }
        out.entering(Mark::NONE);
        if self.unbind.as_ref().is_some_and(Unbind::requested) {
            return Err(let_go());
        }
        if answered { faults.into_result() } else { Err(self.nothing_answers(faults)) }
    }

    /// Gives one GPU its turn for what is too slow for a tick, if there is time for it; says
    /// whether another waits.
    pub(super) fn idle(&mut self, slack: &Slack<'_>) -> bool {
        let places = self.places.len();
        for step in 0..places {
            let at = (self.turn + step) % places;
            let Place { mark, holds: Holds::Gpu(gpu), .. } = &mut self.places[at] else { continue };
            let Some(throughput) = gpu.readings.throughput() else { continue };
            if !throughput.is_due() {
                continue;
            }
            if slack.left() < throughput.takes() {
                // Whoever had to wait is first after the next tick.
                self.turn = at;
                return false;
            }
            slack.entering(*mark);
            throughput.measure(&gpu.device);
            self.turn = at + 1;
            return true;
        }
        false
    }

    /// No GPU answers: that is more than the sum of the failures.
    #[cold]
    fn nothing_answers<K: Kinds>(&self, faults: Faults<K>) -> Fault<K> {
        match faults.into_result() {
            Err(fault) => fault,
            Ok(()) => self.no_gpu(),
        }
    }

    #[cold]
    fn no_gpu<K: Kinds>(&self) -> Fault<K> {
        let version = self.driver.version().unwrap_or("of unknown version");
        match self.places.first() {
            None => K::ENUMERATE.because(format_args!("the driver ({version}) finds no GPU")),
            Some(Place { holds: Holds::Nothing(why), .. }) => K::ENUMERATE.because(format_args!(
                "the driver ({version}) lets us read none of {} GPUs: {why}",
                self.places.len()
            )),
            Some(_) => K::ENUMERATE.because("no GPU answers"),
        }
    }
}

/// The driver wants a GPU back: the library is closed, and opened again when there is a driver.
#[cold]
fn let_go<K: Kinds>() -> Fault<K> {
    K::CONNECT.because("the driver asks to let go of a GPU that is about to be unbound").reopen()
}

/// Whether the GPU that was found at an index earlier is the one there now. If it did not say its
/// name this once, reading it will tell: a handle goes on naming the same GPU. One that was
/// divided or made whole supports other things than it did: it begins anew.
fn still_there(found: &[Found], index: usize, known: &Gpu) -> bool {
    let uuid = &known.identity.uuid;
    match found.get(index) {
        Some((_, Ok(answer))) => answer.uuid == *uuid && answer.mig == known.mig,
        Some((_, Err(Why::Failed(code)))) if matches!(code.class(), Class::Timeout | Class::Other) => {
            !found.iter().any(|(_, found)| found.as_ref().is_ok_and(|answer| answer.uuid == *uuid))
        }
        _ => false,
    }
}

/// Reports a GPU of which something could not be read.
#[cold]
fn failed<K: Kinds>(
    name: &str,
    gpu: &mut Gpu,
    verdict: Verdict,
    call: &str,
    code: Code,
    out: &mut Batch,
) -> Fault<K> {
    let uuid = &gpu.identity.uuid;
    let class = code.class();
    if verdict.changed || class == Class::Lost {
        gpu.begin_again = true;
        out.rediscover();
    }
    let others = match verdict.failed {
        0 | 1 => String::new(),
        2 => ", and 1 more call failed".to_owned(),
        more => format!(", and {} more calls failed", more - 1),
    };
    let text = format_args!("{name} ({uuid}): {call}: {code}{others}").to_string();
    match class {
        Class::Driver => K::CONNECT.because(text).reopen(),
        _ => K::READ.because(text),
    }
}

/// Counts what a GPU that is not read would have told.
#[cold]
fn not_read<K: Kinds>(name: &str, why: Why, values: usize, faults: &mut Faults<K>, out: &mut Batch) {
    if let Some(reason) = why.absence() {
        absent_for(out, reason, values);
    }
    if !why.is_intended() {
        faults.push(K::READ.because(format_args!("{name}: {why}")));
    }
}
