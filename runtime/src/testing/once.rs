// SPDX-License-Identifier: Apache-2.0
//! One call, one answer: for tests that need no more of a component than that.

use tracecore_schema::{Attribute, Descriptor};

use super::{Harness, LogRecord, Point};
use crate::signal::{Has, LogBatch, Logs, Metrics, RecordDraft, SeriesDraft};
use crate::{Admission, Failure, Probe, Processes, Receiver};

/// Opens a receiver, lets it discover, ticks once and gives the points. More than one tick, and
/// the points of a tick that fails, need a [`Harness`].
///
/// ```
/// # use std::time::Duration;
/// # use tracecore_runtime::{Failure, Open, Pace, Receiver, Registrar, Slot, receiver};
/// # use tracecore_schema::{Config, Counter, MetricSet};
/// # /// Counts its ticks.
/// # #[derive(Clone, Debug, Config)]
/// # #[config(receiver = "ticks", signal = metrics, metrics = TicksMetrics, rust = Ticks)]
/// # pub struct TicksConfig {}
/// # #[derive(MetricSet)]
/// # pub struct TicksMetrics {
/// #     /// Ticks.
/// #     #[metric(name = "test.ticks", unit = "{tick}")]
/// #     pub ticks: Counter<u64>,
/// # }
/// # #[receiver(config = TicksConfig, metrics = TicksMetrics)]
/// # pub struct Ticks(Slot<u64>);
/// # impl Receiver for Ticks {
/// #     fn pace(_: &TicksConfig) -> Pace { Pace::every(Duration::from_secs(1)) }
/// #     fn open(_: TicksConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> { Ok(Self(Slot::OFF)) }
/// #     fn discover(&mut self, series: &mut Registrar<'_, TicksMetrics>) -> Result<(), Failure<Self>> {
/// #         if !self.0.is_on() { self.0 = series.begin(|metrics| metrics.ticks, []); }
/// #         Ok(())
/// #     }
/// #     fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
/// #         out.set(self.0, 1);
/// #         Ok(())
/// #     }
/// # }
/// use tracecore_runtime::testing::run_once;
///
/// let points = run_once::<Ticks>(TicksConfig {})?;
/// assert_eq!(points[0].to_string(), "test.ticks{} = 1");
/// # Ok::<(), Failure<Ticks>>(())
/// ```
///
/// # Errors
///
/// Whatever `open`, `discover` or `collect` fails with.
pub fn run_once<R: Receiver>(config: R::Config) -> Result<Vec<Point>, Failure<R>> {
    let mut harness = Harness::<R>::open(config)?;
    harness.tick()?;
    Ok(harness.points())
}

/// Opens a receiver, lets it discover, ticks once and gives the log records.
///
/// # Errors
///
/// Whatever `open`, `discover` or `collect` fails with.
pub fn run_once_for_records<R: Receiver>(config: R::Config) -> Result<Vec<LogRecord>, Failure<R>>
where
    R::Out: Has<Logs>,
{
    let mut harness = Harness::<R>::open(config)?;
    harness.tick()?;
    Ok(harness.records())
}

/// Opens a processor and shows it each record that `write` writes: gives what is left of them.
///
/// # Errors
///
/// Whatever `open` fails with.
pub fn admit_record<P: Processes<Logs>>(
    config: &P::Config,
    write: impl FnOnce(&mut LogBatch),
) -> Result<Vec<LogRecord>, Failure<P>> {
    let mut processor = P::open(config)?;
    let (mut batch, mut own) = (LogBatch::empty(Probe::new()), LogBatch::empty(Probe::new()));
    write(&mut batch);
    for record in batch.records() {
        own.copy(record);
        if processor.admit(&mut RecordDraft::new(&mut own)) == Admission::Drop {
            own.pop();
        }
    }
    Ok(own.records().map(LogRecord::from).collect())
}

/// Opens a processor and shows it a series: gives the attributes that are left, sorted by key,
/// or `None` where the series is dropped.
///
/// ```
/// use tracecore_runtime::signal::SeriesDraft;
/// use tracecore_runtime::testing::admit;
/// use tracecore_runtime::{Admission, Failure, Metrics, Processes, Processor, processor};
/// use tracecore_schema::{Attribute, Config, Gauge, MetricSet};
///
/// /// Hides one attribute.
/// #[derive(Clone, Debug, Config)]
/// #[config(processor = "hide", signal = metrics, rust = Hide)]
/// pub struct HideConfig {
///     /// Its key.
///     pub key: String,
/// }
///
/// #[processor(config = HideConfig)]
/// pub struct Hide(String);
///
/// impl Processor for Hide {
///     fn open(config: &HideConfig) -> Result<Self, Failure<Self>> {
///         Ok(Self(config.key.clone()))
///     }
/// }
///
/// impl Processes<Metrics> for Hide {
///     fn admit(&mut self, series: &mut SeriesDraft) -> Admission {
///         series.remove(&self.0);
///         Admission::Keep
///     }
/// }
///
/// #[derive(MetricSet)]
/// struct Disks {
///     /// How full it is.
///     #[metric(name = "disk.used", unit = "1", attributes("device", "serial"))]
///     used: Gauge<f64>,
/// }
///
/// let config = HideConfig { key: "serial".to_owned() };
/// let all = vec![Attribute::new("device", "sda"), Attribute::new("serial", "S1")];
/// let left = admit::<Hide>(&config, &Disks::DESCRIPTORS[0], all)?;
/// assert_eq!(left, Some(vec![Attribute::new("device", "sda")]));
/// # Ok::<(), Failure<Hide>>(())
/// ```
///
/// # Errors
///
/// Whatever `open` fails with.
pub fn admit<P: Processes<Metrics>>(
    config: &P::Config,
    descriptor: &'static Descriptor,
    attributes: Vec<Attribute>,
) -> Result<Option<Vec<Attribute>>, Failure<P>> {
    let mut series = SeriesDraft::new(descriptor, attributes);
    let admission = P::open(config)?.admit(&mut series);
    Ok((admission == Admission::Keep).then(|| series.attributes().to_vec()))
}
