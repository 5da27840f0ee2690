// SPDX-License-Identifier: Apache-2.0
//! A whole lane without a thread: the very tick that runs in production, called by hand. For
//! benchmarks, allocation tests and whoever looks at the machine code.

use std::sync::Arc;
use std::time::Duration;

use super::settings;
use crate::lane::{Admitting, Beat, Branch, Branches, Chain, Encoders, SeriesTable, tick};
use crate::signal::{Logs, Metrics, Output};
use crate::telemetry::ReceiverTelemetry;
use crate::{ErrorKind, Failure, LaneInfo, Open, Receiver, Registrar};

/// What an encoder is told about the branch it belongs to.
///
/// ```
/// assert_eq!(&*tracecore_runtime::testing::lane_info("nvml").receiver, "nvml");
/// ```
#[must_use]
pub fn lane_info(receiver: &str) -> LaneInfo {
    let settings = settings(receiver);
    LaneInfo {
        receiver: Arc::clone(&settings.id),
        pipeline: "metrics/test".into(),
        interval: Duration::from_secs(1),
        resource: settings.resource,
    }
}

/// A branch without telemetry for its processors: see [`Lane`].
///
/// ```
/// use tracecore_runtime::testing::{Recordings, branch};
///
/// // No processor, two encoders.
/// let (one, other) = (Recordings::new(), Recordings::new());
/// let branch = branch("nvml", (), (one.encoder(), other.encoder()));
/// # drop(branch);
/// ```
pub fn branch<P, E>(receiver: &str, processors: P, encoders: E) -> Branch<Metrics, P, E>
where
    P: Chain<Metrics>,
    E: Encoders<Metrics>,
{
    Branch::new(lane_info(receiver), processors, encoders, Vec::new())
}

/// A branch that carries logs, without telemetry for its processors: see [`Lane`].
///
/// ```
/// use tracecore_runtime::testing::{Recordings, logs_branch};
///
/// let recordings = Recordings::new();
/// let branch = logs_branch("kernelevents", (), (recordings.encoder(),));
/// # drop(branch);
/// ```
pub fn logs_branch<P, E>(receiver: &str, processors: P, encoders: E) -> Branch<Logs, P, E>
where
    P: Chain<Logs>,
    E: Encoders<Logs>,
{
    Branch::new(lane_info(receiver), processors, encoders, Vec::new())
}

/// A lane without a thread.
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
/// use tracecore_runtime::testing::{Lane, Recordings, branch};
///
/// let recordings = Recordings::new();
/// let branch = branch("ticks", (), (recordings.encoder(),));
/// let mut lane = Lane::<Ticks, _>::open(TicksConfig {}, branch)?;
/// lane.tick()?;
/// lane.tick()?;
/// let [first, second] = &recordings.points()[..] else { panic!("a point each") };
/// assert_eq!((&*first.receiver, first.point.name()), ("ticks", "test.ticks"));
/// assert_eq!(second.time_unix_nanos - first.time_unix_nanos, 1_000_000_000);
/// # Ok::<(), Failure<Ticks>>(())
/// ```
pub struct Lane<R: Receiver, B> {
    receiver: R,
    out: R::Out,
    branches: B,
    table: SeriesTable,
    beat: Beat,
    telemetry: Arc<ReceiverTelemetry>,
    time: u64,
}

impl<R, B> Lane<R, B>
where
    R: Receiver,
    B: Branches<R::Out>,
{
    /// Opens the receiver and lets it discover.
    ///
    /// # Errors
    ///
    /// Whatever `open` or `discover` fails with.
    pub fn open(config: R::Config, branches: B) -> Result<Self, Failure<R>> {
        let settings = settings("test");
        let beat = Beat::new(Vec::new());
        let receiver = R::open(config, &mut Open::new(&settings, &[], beat.probe.clone()))?;
        let mut lane = Self {
            receiver,
            out: R::Out::new(beat.probe.clone()),
            branches,
            table: SeriesTable::new(),
            beat,
            telemetry: ReceiverTelemetry::new(settings.id, <R::Kind as ErrorKind>::NAMES, false),
            time: 1_700_000_000_000_000_000,
        };
        let mut admitting = Admitting {
            table: &mut lane.table,
            out: &mut lane.out,
            branches: &mut lane.branches,
            now_unix_nanos: lane.time,
        };
        lane.receiver.discover(&mut Registrar::new(&mut admitting, &lane.beat.probe))?;
        Ok(lane)
    }

    /// One tick, one second after the last.
    ///
    /// # Errors
    ///
    /// Whatever `collect` fails with.
    pub fn tick(&mut self) -> Result<(), Failure<R>> {
        self.time += 1_000_000_000;
        let ticked = tick(
            &mut self.receiver,
            &mut self.out,
            &mut self.branches,
            &self.beat,
            &self.telemetry,
            self.time,
            false,
        );
        // Nobody gives this lane up.
        ticked.map_or(Ok(()), |ticked| ticked.result)
    }

    /// How many points the last tick had.
    #[must_use]
    pub fn points(&self) -> usize {
        self.out.points()
    }

    /// How many records it had.
    #[must_use]
    pub fn records(&self) -> usize {
        self.out.records()
    }

    /// What was counted.
    #[must_use]
    pub fn telemetry(&self) -> &ReceiverTelemetry {
        &self.telemetry
    }
}

impl<R: Receiver, B> std::fmt::Debug for Lane<R, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("telemetry", &self.telemetry).finish_non_exhaustive()
    }
}
