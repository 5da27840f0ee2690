// SPDX-License-Identifier: Apache-2.0
//! Which GPUs there are, and reading them all.
//!
//! GPUs are found by index and known by UUID. Before every sequence of calls to a GPU its place
//! is marked, also before the first: looking up a GPU that hangs may hang as well, so a place
//! on the skip list gets no call at all.
//!
//! A GPU that cannot be read is one `read` failure a tick; the others are read all the same.

use tracecore_runtime::{Batch, Device as Mark, ErrorKind, Fault, Faults, Logger, Open, Registrar};

use super::code::{Class, Code};
use super::driver::{Device, Driver};
use super::group::{Group as _, Series, Verdict, absent_for};
use super::identity::{Identity, name};
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
    driver: Driver,
    config: Config,
    skipped: Vec<String>,
    logger: Logger,
}

/// What was found at an index.
type Found = (Mark, Result<(Device, String), Why>);

impl Collector {
    pub(super) fn new(driver: Driver, config: Config, cx: &Open<'_>) -> Self {
        Self {
            places: Vec::new(),
            driver,
            config,
            skipped: cx.skipped().to_vec(),
            logger: cx.settings().logger.clone(),
        }
    }

    /// Looks which GPUs there are.
    pub(super) fn discover<K: Kinds>(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault<K>> {
        series.entering(Mark::NONE);
        let count = self.driver.count().map_err(|code| {
            let fault = K::ENUMERATE.because(format_args!("cannot count the GPUs: {code}"));
            if code.class() == Class::Driver { fault.reopen() } else { fault }
        })?;
        // All names first: a GPU that moved to another index must end there before it begins here.
        let mut found: Vec<Found> = (0..count).map(|index| self.look(index, series)).collect();
        let mut kept: Vec<Option<Box<Gpu>>> = (0..count).map(|_| None).collect();
        let before: Vec<_> = self.places.iter().map(|place| place.values).collect();
        for (index, place) in std::mem::take(&mut self.places).into_iter().enumerate() {
            let Holds::Gpu(gpu) = place.holds else { continue };
            if !gpu.begin_again && still_there(&found, index, &gpu.identity.uuid) {
                kept[index] = Some(gpu);
            } else {
                self.logger.info(&format!("{} ({}) ends", place.name, gpu.identity.uuid));
                series.retire_scope(gpu.scope);
            }
        }
        for (index, (mark, found)) in (0..count).zip(found.drain(..)) {
            let kept = kept.get_mut(index as usize).and_then(Option::take);
            series.entering(mark);
            let holds = match (found, kept) {
                (Ok((device, _)), Some(mut gpu)) => {
                    gpu.device = device;
                    let Gpu { device, identity, scope, readings, .. } = &mut *gpu;
                    readings.look(device, &mut Series::new(series, *scope, identity, &self.config));
                    Holds::Gpu(gpu)
                }
                (Ok((device, uuid)), None) => Holds::Gpu(Box::new(self.begin(device, index, uuid, series))),
                (Err(_), Some(gpu)) => Holds::Gpu(gpu),
                (Err(why), None) => Holds::Nothing(why),
            };
            let values = match &holds {
                Holds::Gpu(gpu) => gpu.readings.values(&self.config),
                // As many as there were; as many as another GPU has; as many as there can be.
                Holds::Nothing(_) => before
                    .get(index as usize)
                    .or(before.iter().max())
                    .copied()
                    .unwrap_or_else(|| Readings::most(&self.config)),
            };
            self.places.push(Place { name: name(index), mark, holds, values });
        }
        series.entering(Mark::NONE);
        if self.places.is_empty() { Err(self.no_gpu()) } else { Ok(()) }
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
            Ok((device, uuid))
        });
        (mark, known.map_err(Why::Failed))
    }

    fn begin(&self, device: Device, index: u32, uuid: String, series: &mut Registrar<'_, Metrics>) -> Gpu {
        let identity = Identity::of(&device, index, uuid);
        let scope = series.scope(identity.attributes(self.driver.version()));
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
        Gpu { device, identity, scope, readings, begin_again: false }
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
                    if let Some((call, code)) = verdict.first {
                        faults.push(failed(&place.name, gpu, verdict, call, code, out));
                    }
                }
                Holds::Nothing(why) => not_read(&place.name, *why, place.values, &mut faults, out),
            }
        }
        out.entering(Mark::NONE);
        if answered { faults.into_result() } else { Err(self.nothing_answers(faults)) }
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

/// Whether the GPU that was found at an index earlier is the one there now. If it did not say its
/// name this once, reading it will tell: a handle goes on naming the same GPU.
fn still_there(found: &[Found], index: usize, known: &str) -> bool {
    match found.get(index) {
        Some((_, Ok((_, uuid)))) => uuid == known,
        Some((_, Err(Why::Failed(code)))) if matches!(code.class(), Class::Timeout | Class::Other) => {
            !found.iter().any(|(_, found)| matches!(found, Ok((_, uuid)) if uuid == known))
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
