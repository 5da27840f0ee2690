// SPDX-License-Identifier: Apache-2.0
//! Runs a receiver without a thread, a pipeline or a clock: open, discover, tick, look.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracecore_schema::{Attribute, AttributeValue, Descriptor, NumberKind, Role};

use crate::lane::{Admitting, Branches, NewSeries, SeriesTable};
use crate::signal::{Absence, Batch, Has, Metrics, Output, Refused};
use crate::telemetry::Registry;
use crate::{BuildInfo, Failure, Logger, Open, Probe, Receiver, Registrar, Resource, Settings};

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

impl Branches for Recorder {
    fn admit(&mut self, index: u32, series: &NewSeries<'_>, _: &mut Vec<Refused>) -> bool {
        self.series.insert(index, (series.descriptor, series.attributes.to_vec()));
        true
    }

    fn retire(&mut self, index: u32) {
        self.series.remove(&index);
    }

    fn run(&mut self, _: &Batch) -> usize {
        0
    }

    fn abandon(&self, _: &mut Vec<Box<dyn Fn() + Send>>) {}
}

/// A receiver in a lane without a thread.
///
/// ```
/// # use tracecore_runtime::testing::settings;
/// let settings = settings("nvml");
/// assert_eq!(&*settings.id, "nvml");
/// ```
pub struct Harness<R: Receiver> {
    receiver: R,
    out: R::Out,
    table: SeriesTable,
    recorder: Recorder,
    probe: Probe,
    tick: u64,
}

/// What a component called `id` is told at construction, outside of a host.
#[must_use]
pub fn settings(id: &str) -> Settings {
    let id: Arc<str> = id.into();
    let build = Arc::new(BuildInfo::new("tracecore", "0.0.0"));
    Settings {
        logger: Logger::new(Arc::clone(&id)),
        meter: Registry::off().meter(Role::Receiver, &id),
        resource: Arc::new(Resource::new(vec![Attribute::new("service.name", "tracecore")])),
        id,
        build,
    }
}

impl<R: Receiver> Harness<R>
where
    R::Out: Has<Metrics>,
{
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
        let probe = Probe::new();
        let settings = settings("test");
        let skipped: Vec<_> = skipped.iter().map(|&name| name.to_owned()).collect();
        let receiver = R::open(config, &mut Open::new(&settings, &skipped, probe.clone()))?;
        let mut harness = Self {
            receiver,
            out: R::Out::new(probe.clone()),
            table: SeriesTable::new(),
            recorder: Recorder::default(),
            probe,
            tick: 0,
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
            batch: self.out.batch_mut(),
            branches: &mut self.recorder,
            now_unix_nanos: 1,
        };
        self.receiver.discover(&mut Registrar::new(&mut admitting, &self.probe))
    }

    /// One tick. What was set is in [`points`](Self::points) whether it fails or not.
    ///
    /// # Errors
    ///
    /// Whatever `collect` fails with.
    pub fn tick(&mut self) -> Result<(), Failure<R>> {
        self.tick += 1;
        self.out.batch_mut().begin(self.tick * 1_000_000_000);
        self.receiver.collect(&mut self.out)
    }

    /// The points of the last tick.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let batch = self.out.batch();
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
        self.out.batch().absences()[reason as usize]
    }

    /// Whether `collect` has asked for `discover` since the last call of this.
    pub fn wants_discovery(&mut self) -> bool {
        self.out.batch_mut().take_rediscover()
    }

    /// The receiver itself.
    pub const fn receiver(&mut self) -> &mut R {
        &mut self.receiver
    }
}

#[allow(clippy::cast_precision_loss, reason = "a test compares numbers that a person can read")]
fn number(kind: NumberKind, bits: u64) -> f64 {
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
