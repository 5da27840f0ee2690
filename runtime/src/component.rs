// SPDX-License-Identifier: Apache-2.0
//! What a component is to the runtime. The attribute macros write [`Declared`] and [`Emits`];
//! an author writes one of [`Receiver`], [`Processor`], [`Stream`] and [`Page`].

use std::future::Future;
use std::time::Duration;

use tracecore_schema::{Declaration, MetricSet};

use crate::page::{PageFormat, PageReader};
use crate::queue::{FrameBatch, Frames};
use crate::signal::{Admission, Encode, Output, Signal};
use crate::{Delivered, Delivery, ErrorKind, Failure, LaneInfo, Open, Registrar, Slack, Stopping};

/// What the macros know of a component.
pub trait Declared: Sized + Send + 'static {
    /// Its config, which is its declaration.
    type Config: Declaration + Send + Sync;
    /// Its error kinds.
    type Kind: ErrorKind;
}

/// What the macros know of a receiver besides.
pub trait Emits: Declared {
    /// The metrics it may emit.
    type Metrics: MetricSet + Send;
    /// What `collect` writes into: [`Batch`](crate::Batch), [`LogBatch`](crate::LogBatch) or
    /// [`MetricsAndLogs`](crate::MetricsAndLogs), by the signals of the config.
    type Out: Output;
}

/// When a receiver's `collect` is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Time between two ticks, on absolute deadlines.
    pub interval: Duration,
    /// Time between two calls of `discover`.
    pub rediscover: Duration,
    /// Whether `idle` is called between two ticks.
    pub idles: bool,
    /// Whether `collect` waits for events and is called back to back.
    pub events: bool,
}

impl Pace {
    /// A tick each `interval`, a look for devices that came or went each minute.
    #[must_use]
    pub const fn every(interval: Duration) -> Self {
        Self { interval, rediscover: Duration::from_secs(60), idles: false, events: false }
    }

    /// Calls `collect` back to back: it waits for events itself, at most
    /// [`EVENT_WAIT`](Self::EVENT_WAIT), and returns, with or without any.
    ///
    /// A call that sets no series leaves shown what an earlier one has set; a call that sets one
    /// sets all that are to be seen. Pages take a series for gone that was not set for three
    /// `interval`s, so each is set at least once per `interval`, event or not.
    #[must_use]
    pub const fn events(interval: Duration) -> Self {
        Self { interval, rediscover: Duration::from_secs(60), idles: false, events: true }
    }

    /// How long `collect` of an event receiver may wait: the collector must be able to stop.
    pub const EVENT_WAIT: Duration = Duration::from_millis(100);

    /// Looks for devices that came or went each `rediscover`.
    #[must_use]
    pub const fn rediscover(mut self, rediscover: Duration) -> Self {
        self.rediscover = rediscover;
        self
    }

    /// Calls [`Receiver::idle`] in the time between two ticks.
    #[must_use]
    pub const fn idles(mut self, idles: bool) -> Self {
        self.idles = idles;
        self
    }
}

/// Reads something and emits it. Runs on a thread of its own, where it may block.
///
/// The runtime opens it, calls `discover`, then `collect` at each tick; it times and counts
/// every call, catches panics, and opens it again after a panic, a failed open or a failure
/// that asks for it.
pub trait Receiver: Emits {
    /// When `collect` is called.
    fn pace(config: &Self::Config) -> Pace;

    /// Opens whatever is read from.
    ///
    /// # Errors
    ///
    /// It cannot be opened now; the runtime reports it and tries again, less and less often.
    fn open(config: Self::Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>>;

    /// Registers the series of devices that came, retires those of devices that went. Called
    /// after `open`, each `rediscover`, and when `collect` asked for it.
    ///
    /// # Errors
    ///
    /// The devices cannot be listed; series registered before the failure stay.
    fn discover(&mut self, series: &mut Registrar<'_, Self::Metrics>) -> Result<(), Failure<Self>>;

    /// Sets values and writes records, nothing else. What was set before a failure is emitted all the same.
    ///
    /// # Errors
    ///
    /// Something could not be read.
    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>>;

    /// Makes one call that is too slow for a tick, if it fits into what is left until the next
    /// one; keeps what it tells for `collect` to set. Returns whether there is more to do, and
    /// is then called again while time is left. Only called if its [`Pace`] says so.
    ///
    /// What fails here is reported by the next `collect`, which has somewhere to report it to.
    fn idle(&mut self, slack: &Slack<'_>) -> bool {
        let _ = slack;
        false
    }
}

/// Changes what passes. Each branch of each lane has an instance of its own. What it does stands
/// in [`Processes`], once per signal that its config declares.
pub trait Processor: Declared {
    /// Makes an instance.
    ///
    /// # Errors
    ///
    /// The config cannot be put to work here, e.g. a secret that cannot be read.
    fn open(config: &Self::Config) -> Result<Self, Failure<Self>>;
}

/// What a processor does with a signal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process `{S}`, though its config declares it",
    label = "lacks `impl Processes<{S}>`",
    note = "a processor implements `Processes` once for each signal of its config"
)]
pub trait Processes<S: Signal>: Processor {
    /// Whether `process` changes values; if so, its branch works on its own copy of the batch.
    const REWRITES: bool = false;

    /// Looks at a series that begins ([`SeriesDraft`](crate::signal::SeriesDraft)) or at a
    /// record ([`RecordDraft`](crate::signal::RecordDraft)): keeps it as it is, changes it, or
    /// drops it.
    fn admit(&mut self, draft: &mut S::Draft<'_>) -> Admission;

    /// Changes the values of a tick. Called only if `REWRITES`.
    fn process(&mut self, batch: &mut S::Batch) {
        let _ = batch;
    }
}

/// The half of a stream exporter that runs in the lane, for one signal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not encode `{S}`, though its config declares it",
    label = "lacks `impl Encodes<{S}>`",
    note = "a stream exporter implements `Encodes` once for each signal of its config"
)]
pub trait Encodes<S: Signal>: Stream {
    /// What runs in the lane. Pushes finished frames into the [`Frames`] it is given.
    type Encoder: Encode<S>;

    /// The encoder of one branch of one lane.
    fn encoder(config: &Self::Config, frames: Frames, lane: &LaneInfo) -> Self::Encoder;
}

/// An exporter that sends frames of bytes somewhere: encoded in the lane ([`Encodes`]),
/// delivered by the I/O thread.
pub trait Stream: Declared {
    /// Opens the delivering half.
    ///
    /// # Errors
    ///
    /// It cannot be opened; the collector does not start.
    fn open(config: Self::Config, cx: &mut Open<'_>) -> Result<Self, Failure<Self>>;

    /// What the operator chose of queueing and retrying: the config's `queue` and `retry`.
    #[must_use]
    fn delivery(config: &Self::Config) -> Delivery {
        let _ = config;
        Delivery::at_once()
    }

    /// Delivers a batch of frames of one signal. One attempt: the runtime counts it, and what the
    /// failure says decides what comes next ([`transient`](crate::Fault::transient),
    /// [`retry_after`](crate::Fault::retry_after), or final). Attempts that are under way at once
    /// share the exporter. An attempt that is cut off at shutdown is dropped where it waits.
    ///
    /// # Errors
    ///
    /// It was not delivered.
    fn deliver(&self, batch: &FrameBatch) -> impl Future<Output = Result<Delivered, Failure<Self>>>;
}

/// An exporter that shows merged state to whoever asks: lanes store values, a reader renders.
pub trait Page: Declared {
    /// How a series is placed on the page.
    type Format: PageFormat;

    /// The format under this config.
    fn format(config: &Self::Config) -> Self::Format;

    /// Opens the reading half, e.g. binds its port.
    ///
    /// # Errors
    ///
    /// It cannot be opened; the collector does not start.
    fn open(
        config: Self::Config,
        page: PageReader<Self::Format>,
        cx: &mut Open<'_>,
    ) -> Result<Self, Failure<Self>>;

    /// Shows the page until told to stop. Runs on the I/O thread and must not block it.
    fn serve(self, stop: Stopping) -> impl Future<Output = Result<(), Failure<Self>>>;
}
