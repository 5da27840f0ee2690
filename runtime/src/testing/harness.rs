// SPDX-License-Identifier: Apache-2.0
//! Runs a receiver without a thread, a pipeline or a clock: open, discover, tick, look.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tracecore_schema::{Attribute, AttributeValue, Descriptor, NumberKind, Role};

use crate::lane::{Admitting, Branches, NewSeries, SeriesTable};
use crate::signal::{Absence, Has, Logs, Output, Refused};
use crate::telemetry::{RecordReceiver, Registry};
use crate::testing::{CapturedReceiver, LogRecord};
use crate::{
    BuildInfo, ErrorKind, Failure, Fault, Inventory, Logger, Open, Probe, Receiver, Registrar, Resource,
    Settings, Slack,
};

/// A data point as a test looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The metric.
    pub descriptor: &'static Descriptor,
    /// The attributes, in the order in which they were registered: the scope's, then its own.
    pub attributes: Vec<Attribute>,
    /// The value, whatever number it is.
    pub value: f64,
}

impl Point {
    /// The metric's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.descriptor.name
    }

    /// The value of an attribute as text.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<String> {
        self.attributes.iter().rev().find(|a| a.key == key).map(|a| a.value.to_string())
    }
}

#[derive(Debug, Default)]
struct Recorder {
    series: BTreeMap<u32, (&'static Descriptor, Vec<Attribute>)>,
}

impl<O: Output> Branches<O> for Recorder {
    fn admit(&mut self, index: u32, series: &NewSeries<'_>, _: &mut Vec<Refused>) -> bool {
        self.series.insert(index, (series.descriptor, series.attributes.to_vec()));
        true
    }

    fn retire(&mut self, index: u32) {
        self.series.remove(&index);
    }

    fn run(&mut self, _: &O, _: bool) -> usize {
        0
    }

    fn abandon(&self, _: &mut Vec<Box<dyn Fn() + Send>>) {}
}

/// A receiver in a lane without a thread.
///
/// ```
/// use tracecore_runtime::testing::{Harness, Recorded};
/// use tracecore_runtime::{ErrorKind, Failure, Open, Pace, Receiver, Registrar, Slot, receiver};
/// use tracecore_schema::{Config, Counter, MetricSet};
///
/// /// Counts its ticks.
/// #[derive(Clone, Debug, Config)]
/// #[config(receiver = "ticks", signal = metrics, metrics = TicksMetrics, rust = Ticks)]
/// pub struct TicksConfig {
///     /// How many there can be.
///     pub most: u64,
/// }
///
/// #[derive(MetricSet)]
/// pub struct TicksMetrics {
///     /// Ticks.
///     #[metric(name = "test.ticks", unit = "{tick}")]
///     pub ticks: Counter<u64>,
/// }
///
/// #[receiver(config = TicksConfig, metrics = TicksMetrics, errors(read))]
/// pub struct Ticks {
///     slot: Slot<u64>,
///     left: u64,
/// }
///
/// impl Receiver for Ticks {
///     fn pace(_: &TicksConfig) -> Pace {
///         Pace::every(std::time::Duration::from_secs(1))
///     }
///     fn open(config: TicksConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
///         Ok(Self { slot: Slot::OFF, left: config.most })
///     }
///     fn discover(&mut self, series: &mut Registrar<'_, TicksMetrics>) -> Result<(), Failure<Self>> {
///         if !self.slot.is_on() {
///             self.slot = series.begin(|metrics| metrics.ticks, []);
///         }
///         Ok(())
///     }
///     fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
///         self.left = self.left.checked_sub(1).ok_or_else(|| TicksKind::Read.because("no more"))?;
///         out.set(self.slot, self.left);
///         Ok(())
///     }
/// }
///
/// let mut harness = Harness::<Ticks>::open(TicksConfig { most: 1 })?;
/// let telemetry = harness.capture();
/// harness.tick()?;
/// assert_eq!(harness.value("test.ticks", &[]), Some(0.0));
/// assert_eq!(harness.tick().unwrap_err().to_string(), "no more");
/// assert_eq!((telemetry.emissions(), telemetry.errors()), (1, vec!["read"]));
/// assert!(telemetry.calls().contains(&Recorded::Degraded(true)));
/// # Ok::<(), Failure<Ticks>>(())
/// ```
pub struct Harness<R: Receiver> {
    receiver: R,
    out: R::Out,
    table: SeriesTable,
    recorder: Recorder,
    probe: Probe,
    tick: u64,
    telemetry: Option<CapturedReceiver>,
    inventory: Inventory,
}

/// What a component called `id` is told at construction, outside of a host.
///
/// ```
/// # use tracecore_runtime::testing::settings;
/// let settings = settings("nvml");
/// assert_eq!(&*settings.id, "nvml");
/// ```
#[must_use]
pub fn settings(id: &str) -> Settings {
    let id: Arc<str> = id.into();
    let build = Arc::new(BuildInfo::new("tracecore", "0.0.0"));
    Settings {
        logger: Logger::new(Arc::clone(&id)),
        meter: Registry::off().meter(Role::Receiver, &id),
        inventory: Inventory::new(),
        resource: Arc::new(Resource::new(vec![Attribute::new("service.name", "tracecore")])),
        id,
        build,
    }
}

impl<R: Receiver> Harness<R> {
    /// Opens the receiver and lets it discover.
    ///
    /// # Errors
    ///
    /// Whatever `open` or `discover` fails with.
    pub fn open(config: R::Config) -> Result<Self, Failure<R>> {
        Self::open_without(config, &[])
    }

    /// Opens the receiver as after a call to each of `skipped` has not returned.
    ///
    /// # Errors
    ///
    /// Whatever `open` or `discover` fails with.
    pub fn open_without(config: R::Config, skipped: &[&str]) -> Result<Self, Failure<R>> {
        Self::open_with(config, &settings("test"), skipped)
    }

    /// Opens the receiver on a host whose GPUs others have listed: see
    /// [`Open::inventory`](crate::Open::inventory).
    ///
    /// # Errors
    ///
    /// Whatever `open` or `discover` fails with.
    pub fn open_beside(config: R::Config, inventory: &Inventory) -> Result<Self, Failure<R>> {
        let settings = Settings { inventory: inventory.clone(), ..settings("test") };
        Self::open_with(config, &settings, &[])
    }

    fn open_with(config: R::Config, settings: &Settings, skipped: &[&str]) -> Result<Self, Failure<R>> {
        let probe = Probe::new();
        let skipped: Vec<_> = skipped.iter().map(|&name| name.to_owned()).collect();
        let receiver = R::open(config, &mut Open::new(settings, &skipped, probe.clone()))?;
        let mut harness = Self {
            receiver,
            out: R::Out::new(probe.clone()),
            table: SeriesTable::new(),
            recorder: Recorder::default(),
            probe,
            tick: 0,
            telemetry: None,
            inventory: settings.inventory.clone(),
        };
        harness.discover()?;
        Ok(harness)
    }

    /// Lets the receiver discover, as the runtime does from time to time.
    ///
    /// # Errors
    ///
    /// Whatever it fails with.
    pub fn discover(&mut self) -> Result<(), Failure<R>> {
        let mut admitting = Admitting {
            table: &mut self.table,
            out: &mut self.out,
            branches: &mut self.recorder,
            now_unix_nanos: 1,
        };
        let result = self.receiver.discover(&mut Registrar::new(&mut admitting, &self.probe));
        if let Some(telemetry) = &self.telemetry {
            telemetry.series(i64::try_from(self.table.live()).unwrap_or(i64::MAX));
            if let Err(fault) = &result {
                failed(telemetry, fault);
            }
        }
        result
    }

    /// Remembers from now on what the runtime would record of this receiver: the calls that a
    /// lane makes for a tick and a discovery, without those of its supervisor.
    pub fn capture(&mut self) -> CapturedReceiver {
        let telemetry = || CapturedReceiver::new(<R::Kind as ErrorKind>::NAMES);
        self.telemetry.get_or_insert_with(telemetry).clone()
    }

    /// One tick. What was set is in [`points`](Self::points) whether it fails or not.
    ///
    /// # Errors
    ///
    /// Whatever `collect` fails with.
    pub fn tick(&mut self) -> Result<(), Failure<R>> {
        self.tick += 1;
        self.out.begin(self.tick * 1_000_000_000);
        let start = Instant::now();
        let result = self.receiver.collect(&mut self.out);
        if let Some(telemetry) = &self.telemetry {
            telemetry.collected(start.elapsed());
            ticked(telemetry, &result, &self.out);
        }
        result
    }

    /// Gives the receiver the time until `until` once, as a lane does between two ticks; says
    /// whether it has more to do.
    pub fn idle(&mut self, until: Instant) -> bool {
        self.receiver.idle(&Slack::new(until, &self.probe))
    }

    /// The points of the last tick.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let Some(batch) = self.out.series() else { return Vec::new() };
        let present =
            self.recorder.series.iter().filter_map(|(index, series)| Some((series, batch.get(*index)?)));
        present
            .map(|((descriptor, attributes), bits)| Point {
                descriptor,
                attributes: attributes.clone(),
                value: number(descriptor.number, bits),
            })
            .collect()
    }

    /// The records of the last tick.
    #[must_use]
    pub fn records(&self) -> Vec<LogRecord>
    where
        R::Out: Has<Logs>,
    {
        Has::<Logs>::batch(&self.out).records().map(LogRecord::from).collect()
    }

    /// The value of the one point of this name with all of these attributes.
    #[must_use]
    pub fn value(&self, name: &str, attributes: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.points().into_iter().filter(|point| {
            point.name() == name
                && attributes.iter().all(|(key, value)| point.attribute(key).as_deref() == Some(*value))
        });
        let first = found.next()?;
        found.next().is_none().then_some(first.value)
    }

    /// What the last tick wrote: its records, say.
    #[must_use]
    pub const fn out(&self) -> &R::Out {
        &self.out
    }

    /// The GPUs of this host, as the receiver was told of them.
    #[must_use]
    pub const fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// How many series there are.
    #[must_use]
    pub const fn series(&self) -> usize {
        self.table.live()
    }

    /// Why series were refused since the last call.
    pub fn refused(&mut self) -> Vec<Refused> {
        self.table.take_refused()
    }

    /// Values that were not there in the last tick, for this reason.
    #[must_use]
    pub fn absent(&self, reason: Absence) -> u64 {
        self.out.absences()[reason as usize]
    }

    /// Whether `collect` has asked for `discover` since the last call of this.
    pub fn wants_discovery(&mut self) -> bool {
        self.out.take_rediscover()
    }

    /// The receiver itself.
    pub const fn receiver(&mut self) -> &mut R {
        &mut self.receiver
    }
}

/// As the tick of a lane does, and what follows it there.
fn ticked<K: ErrorKind>(telemetry: &CapturedReceiver, result: &Result<(), Fault<K>>, out: &impl Output) {
    let items = out.points() + out.records();
    telemetry.scraped(result.is_ok());
    telemetry.emitted(items as u64);
    for reason in Absence::ALL {
        telemetry.absent(reason, out.absences()[reason as usize]);
    }
    if result.is_ok() || items > 0 {
        telemetry.activity_now();
    }
    match result {
        Ok(()) => telemetry.degraded(false),
        Err(fault) => failed(telemetry, fault),
    }
}

fn failed<K: ErrorKind>(telemetry: &CapturedReceiver, fault: &Fault<K>) {
    fault.kinds().for_each(|kind| telemetry.error(kind.index()));
    telemetry.degraded(true);
}

#[allow(clippy::cast_precision_loss, reason = "a test compares numbers that a person can read")]
pub(super) fn number(kind: NumberKind, bits: u64) -> f64 {
    match kind {
        NumberKind::F64 => f64::from_bits(bits),
        NumberKind::U64 => bits as f64,
        NumberKind::I64 => bits.cast_signed() as f64,
    }
}

/// Shown in a test's failure: `hw.gpu.utilization{hw.id="GPU-1"} = 0.5`.
impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{{", self.name())?;
        for (at, Attribute { key, value }) in self.attributes.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match value {
                AttributeValue::Text(text) => write!(f, "{comma}{key}={text:?}")?,
                other => write!(f, "{comma}{key}={other}")?,
            }
        }
        write!(f, "}} = {}", self.value)
    }
}

impl<R: Receiver> std::fmt::Debug for Harness<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness").field("recorder", &self.recorder).finish_non_exhaustive()
    }
}
