// SPDX-License-Identifier: Apache-2.0
//! Every metric the collector has of itself: its name, kind, unit, labels, level and meaning.
//!
//! This is the one place where they stand. Instruments are registered from here, and the
//! reference part of `docs/self-telemetry.md` is written from here; a test compares the two.

use std::fmt::Write as _;

use tracecore_schema::telemetry::Level;

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

impl Kind {
    /// The word for it, as `# TYPE` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric of the collector itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The instrument's name: `tracecore.receiver.errors`.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its unit as UCUM writes it, or none.
    pub unit: &'static str,
    /// The labels of its series.
    pub labels: &'static [&'static str],
    /// From which level on it is shown.
    pub level: Level,
    /// The name it had before, which is shown as well until the release after next (contract
    /// N1).
    pub formerly: Option<&'static str>,
    /// What it says, as `# HELP` has it.
    pub help: &'static str,
}

impl Metric {
    /// The name that a scrape shows: `tracecore_receiver_errors_total`.
    #[must_use]
    pub fn shown(&self) -> String {
        self.shown_as(self.name)
    }

    /// The name that a scrape would show if the instrument were called `name`.
    pub(super) fn shown_as(&self, name: &str) -> String {
        let mut shown = name.replace('.', "_");
        shown.push_str(match (self.unit, self.kind) {
            ("s", _) => "_seconds",
            ("By", _) => "_bytes",
            ("1", Kind::Gauge) => "_ratio",
            _ => "",
        });
        if self.kind == Kind::Counter {
            shown.push_str("_total");
        }
        shown
    }
}

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $ident:ident = $kind:ident $name:literal [$unit:literal] $labels:tt $level:ident;)*) => {
        $($(#[doc = $help])+
        pub const $ident: &Metric = &Metric {
            name: $name,
            kind: Kind::$kind,
            unit: $unit,
            labels: &$labels,
            level: Level::$level,
            formerly: None,
            help: concat!($($help),+).trim_ascii(),
        };)*

        /// All of them.
        pub const ALL: &[&Metric] = &[$($ident),*];
    };
}

metrics! {
    /// Failures, by error kind; downstream if the pipeline refused what was collected.
    RECEIVER_ERRORS = Counter "tracecore.receiver.errors" ["{error}"] ["kind", "component_id"] Basic;
    /// Data points or log records handed to the pipeline.
    RECEIVER_EMISSIONS = Counter "tracecore.receiver.emissions" ["{item}"] ["component_id"] Basic;
    /// How long each collection took, whether it failed or not.
    RECEIVER_LATENCY = Histogram "tracecore.receiver.collection_latency" ["s"] ["component_id"] Normal;
    /// Total time degraded, the interval still open included.
    RECEIVER_DEGRADED = Counter "tracecore.receiver.degraded" ["s"] ["component_id"] Basic;
    /// When something last succeeded; at first, when the receiver was made.
    RECEIVER_LAST_ACTIVITY = Gauge "tracecore.receiver.last_activity_unix" ["s"] ["component_id"] Basic;
    /// Whether the last collection succeeded: 1 if it did, 0 if not or if there was none yet.
    RECEIVER_SCRAPE_SUCCESS = Gauge "tracecore.receiver.scrape_success" [""] ["component_id"] Basic;
    /// How long the last collection took.
    RECEIVER_SCRAPE_DURATION = Gauge "tracecore.receiver.scrape_duration" ["s"] ["component_id"] Normal;
    /// Since when a call into the receiver has not returned; 0 if none hangs.
    RECEIVER_STUCK_SINCE = Gauge "tracecore.receiver.stuck_since_unix" ["s"] ["component_id"] Basic;
    /// Ticks that had passed before the receiver was ready for them.
    RECEIVER_SKIPPED_TICKS = Counter "tracecore.receiver.skipped_ticks" ["{tick}"] ["component_id"] Normal;
    /// Series that the receiver's lane has now.
    RECEIVER_SERIES = Gauge "tracecore.receiver.series" ["{series}"] ["component_id"] Normal;
    /// Values that could have been there in the last tick and were not, by reason.
    RECEIVER_ABSENT_VALUES = Gauge "tracecore.receiver.absent_values" ["{value}"] ["reason", "component_id"] Normal;
    /// Attempts to deliver, by result and, of those that failed, by error kind.
    EXPORTER_CALLS = Counter "tracecore.exporter.calls" ["{call}"] ["result", "kind", "component_id"] Basic;
    /// Data points or log records, by where they went and why; accepted are those that came in.
    EXPORTER_ITEMS = Counter "tracecore.exporter.items" ["{item}"] ["outcome", "reason", "component_id"] Basic;
    /// Failures over calls in a rolling window of 60 s, over all exporters and for each of them;
    /// 0 without calls. For other windows use rate() of tracecore_exporter_calls_total.
    EXPORTER_FAILURE_RATE = Gauge "tracecore.exporter.failure_rate" [""] ["component_id"] Basic;
    /// Data points or log records waiting to be delivered.
    EXPORTER_QUEUED_ITEMS = Gauge "tracecore.exporter.queued_items" ["{item}"] ["component_id"] Normal;
    /// Data points or log records being delivered.
    EXPORTER_IN_FLIGHT_ITEMS = Gauge "tracecore.exporter.in_flight_items" ["{item}"] ["component_id"] Normal;
    /// Bytes waiting to be delivered.
    EXPORTER_QUEUE = Gauge "tracecore.exporter.queue" ["By"] ["component_id"] Normal;
    /// Bytes that may wait to be delivered.
    EXPORTER_QUEUE_CAPACITY = Gauge "tracecore.exporter.queue_capacity" ["By"] ["component_id"] Normal;
    /// Age of the oldest frame that waits or is being delivered; 0 if there is none.
    EXPORTER_OLDEST_FRAME_AGE = Gauge "tracecore.exporter.oldest_frame_age" ["s"] ["component_id"] Normal;
    /// Whether frames that should be on a disk wait in memory, since the disk takes none: 1 if so.
    EXPORTER_STORAGE_DEGRADED = Gauge "tracecore.exporter.storage_degraded" [""] ["component_id"] Basic;
    /// How full each exporter's queue is; without component_id, the fullest of them.
    QUEUE_DEPTH = Gauge "tracecore.queue.depth" ["1"] ["component_id"] Basic;
    /// Data points or log records that passed a processor or ended there, over all its instances.
    PROCESSOR_ITEMS = Counter "tracecore.processor.items" ["{item}"] ["result", "component_id"] Normal;
    /// Data points or log records that one component of a pipeline gave to the next, by whether
    /// they were taken.
    PIPELINE_EDGE_ITEMS = Counter "tracecore.pipeline.edge_items" ["{item}"] ["pipeline", "from", "to", "outcome"] Detailed;
    /// Restarts by the supervisor.
    COMPONENT_RESTARTS = Counter "tracecore.component.restarts" ["{restart}"] ["component_id"] Normal;
    /// Restarts by the supervisor in the last hour.
    COMPONENT_RESTARTS_PER_HOUR = Gauge "tracecore.component.restart_count_per_hour" ["{restart}"] ["component_id"] Basic;
    /// Components that fell back to no-op telemetry, in whole or in part, and why.
    INIT_ERRORS = Counter "tracecore.selftelemetry.init_errors" ["{error}"] ["component_kind", "reason", "component_id"] Basic;
    /// Scrapes that showed a metric under its former name as well; none if no metric has one.
    DEPRECATED_METRIC = Counter "tracecore.deprecated_metric" [""] ["old_name", "new_name"] Basic;
    /// What was built, and from what; pipeline_hash says which configuration runs.
    BUILD_INFO = Gauge "tracecore.build_info" [""] ["command", "version", "revision", "pipeline_hash"] Basic;
    /// Panics in metric callbacks and handlers.
    SCRAPE_PANICS = Counter "tracecore.scrape.panics" ["{panic}"] [] Basic;
    /// Times the listener stopped serving, by reason.
    SERVE_EXITS = Counter "tracecore.serve.exits" ["{exit}"] ["reason"] Basic;
    /// Memory that this process may have before the oldest frames that wait are let go of; 0
    /// without a limit.
    MEMORY_LIMIT = Gauge "tracecore.memory.limit" ["By"] [] Basic;
    /// Whether the process is near its memory limit: 1 from 85 % of it until below 75 %.
    MEMORY_PRESSED = Gauge "tracecore.memory.pressed" [""] [] Basic;
    /// Bytes of frames that were let go of since the process was near its memory limit.
    MEMORY_SHED = Counter "tracecore.memory.shed" ["By"] [] Basic;
    /// Processor time this process has used, user and system.
    PROCESS_CPU = Counter "process.cpu" ["s"] [] Basic;
    /// Memory this process has in RAM.
    PROCESS_RESIDENT_MEMORY = Gauge "process.resident_memory" ["By"] [] Basic;
    /// File descriptors this process has open.
    PROCESS_OPEN_FDS = Gauge "process.open_fds" [""] [] Basic;
    /// When this process started.
    PROCESS_START_TIME = Gauge "process.start_time" ["s"] [] Basic;
}

/// The reference of all metrics as Markdown: a table, ordered as declared.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from("| metric | type | labels | level | meaning |\n|---|---|---|---|---|\n");
    for metric in ALL {
        let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            metric.shown(),
            metric.kind.name(),
            labels.join(", "),
            level_name(metric.level),
            metric.help
        );
    }
    out
}

const fn level_name(level: Level) -> &'static str {
    match level {
        Level::None => "none",
        Level::Basic => "basic",
        Level::Normal => "normal",
        Level::Detailed => "detailed",
    }
}
