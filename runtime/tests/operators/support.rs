// SPDX-License-Identifier: Apache-2.0
//! Scripted components, a collector that runs them, and a client of its surface.

use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tracecore_runtime::private as rt;
use tracecore_runtime::queue::{FrameBatch, Frames};
use tracecore_runtime::signal::{Batch, Encode, Refused, Series, SeriesDraft};
use tracecore_runtime::{
    Admission, Delivered, Encodes, ErrorKind, Failure, LaneInfo, Metrics, Open, Pace, Pipeline, Processes,
    Processor, Receiver, Registrar, RunOptions, Slot, Stream, exporter, processor, receiver,
};
use tracecore_schema::{Attribute, Config, Counter, MetricSet};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::running;
pub use crate::running::until;

/// What the components of one test do. A component is made by the runtime and not by the test,
/// so this is how the two meet.
pub struct Script {
    /// The receiver's `open` fails.
    pub open_fails: AtomicBool,
    /// The receiver's `open` does not return while this is set.
    pub open_hangs: AtomicBool,
    /// The receiver's `collect` fails.
    pub collect_fails: AtomicBool,
    /// The receiver's `collect` does not return while this is set.
    pub collect_hangs: AtomicBool,
    /// The exporter's `open` takes so many milliseconds.
    pub exporter_opens_for: AtomicU64,
    /// The exporter's deliveries fail.
    pub delivery_fails: AtomicBool,
    /// The exporter's deliveries do not end while this is set.
    pub delivery_hangs: AtomicBool,
    /// Points delivered.
    pub delivered: AtomicU64,
}

pub static SCRIPTS: [Script; 14] = [const {
    Script {
        open_fails: AtomicBool::new(false),
        open_hangs: AtomicBool::new(false),
        collect_fails: AtomicBool::new(false),
        collect_hangs: AtomicBool::new(false),
        exporter_opens_for: AtomicU64::new(0),
        delivery_fails: AtomicBool::new(false),
        delivery_hangs: AtomicBool::new(false),
        delivered: AtomicU64::new(0),
    }
}; 14];

/// What happened in which order, over all tests of the process: a test looks for its own words.
pub static EVENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn event(what: &str, script: usize) {
    EVENTS.lock().unwrap().push(format!("{what} {script}"));
}

fn while_set(flag: &AtomicBool) {
    while flag.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Three series, by a script.
#[derive(Clone, Debug, Config)]
#[config(receiver = "source", signal = metrics, metrics = SourceMetrics, rust = Source)]
pub struct SourceConfig {
    /// Which script it follows.
    pub script: usize,
}

#[derive(MetricSet)]
pub struct SourceMetrics {
    /// Ticks.
    #[metric(name = "test.ticks", unit = "{tick}", attributes("hw.id"))]
    pub ticks: Counter<u64>,
}

#[receiver(config = SourceConfig, metrics = SourceMetrics, errors(read))]
pub struct Source {
    script: &'static Script,
    slots: Vec<Slot<u64>>,
    ticks: u64,
}

impl Receiver for Source {
    fn pace(_: &SourceConfig) -> Pace {
        Pace::every(Duration::from_millis(5))
    }

    fn open(config: SourceConfig, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        event("receiver opens", config.script);
        let script = &SCRIPTS[config.script];
        while_set(&script.open_hangs);
        if script.open_fails.load(Ordering::SeqCst) {
            return Err(SourceKind::Init.because("the driver is away"));
        }
        let told = cx.settings();
        let resource: Vec<_> = told.resource.attributes().iter().map(|one| one.key.clone()).collect();
        event(
            &format!("{} {} {} {resource:?}", told.id, told.build.command, told.build.version),
            config.script,
        );
        // A meter works, whether anybody looks or not.
        told.meter.u64_counter("source.opens").build().add(1, &[]);
        Ok(Self { script, slots: Vec::new(), ticks: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, SourceMetrics>) -> Result<(), Failure<Self>> {
        if self.slots.is_empty() {
            self.slots =
                (1..=3_u32).map(|id| series.begin(|m| m.ticks, [Attribute::new("hw.id", id)])).collect();
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        while_set(&self.script.collect_hangs);
        if self.script.collect_fails.load(Ordering::SeqCst) {
            return Err(SourceKind::Read.because("nothing to read"));
        }
        self.ticks += 1;
        self.slots.iter().for_each(|slot| out.set(*slot, self.ticks));
        Ok(())
    }
}

/// Drops the first series of three.
#[derive(Clone, Debug, Config)]
#[config(processor = "sieve", signal = metrics, rust = Sieve)]
pub struct SieveConfig {}

#[processor(config = SieveConfig)]
pub struct Sieve;

impl Processor for Sieve {
    fn open(_: &SieveConfig) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }
}

impl Processes<Metrics> for Sieve {
    fn admit(&mut self, series: &mut SeriesDraft) -> Admission {
        let first = series.attributes().iter().any(|one| one.key == "hw.id" && one.value.to_string() == "1");
        if first { Admission::Drop } else { Admission::Keep }
    }
}

/// Delivers nowhere, and refuses the third series, by a script.
#[derive(Clone, Debug, Config)]
#[config(exporter = "sink", signal = metrics, rust = Sink)]
pub struct SinkConfig {
    /// Which script it follows.
    pub script: usize,
    /// Whether it refuses the third series.
    #[config(default = false)]
    pub picky: bool,
}

#[exporter(stream, config = SinkConfig, errors(io))]
pub struct Sink(&'static Script);

pub struct SinkEncoder {
    frames: Frames,
    picky: bool,
    taken: Vec<u32>,
}

impl Encode<Metrics> for SinkEncoder {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let third = series.attributes.iter().any(|one| one.key == "hw.id" && one.value.to_string() == "3");
        if self.picky && third {
            return Err(Refused("the third is one too many".to_owned()));
        }
        self.taken.push(index);
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        self.taken.retain(|taken| *taken != index);
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        let items = self.taken.iter().filter(|index| batch.get(**index).is_some()).count();
        let mut frame = self.frames.buffer();
        if items > 0 {
            frame.extend([0; 64]);
        }
        self.frames.send(frame, items as u64);
        0
    }
}

impl Encodes<Metrics> for Sink {
    type Encoder = SinkEncoder;

    fn encoder(config: &SinkConfig, frames: Frames, _: &LaneInfo) -> SinkEncoder {
        SinkEncoder { frames, picky: config.picky, taken: Vec::new() }
    }
}

impl Stream for Sink {
    fn open(config: SinkConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        event("exporter opens", config.script);
        let script = &SCRIPTS[config.script];
        std::thread::sleep(Duration::from_millis(script.exporter_opens_for.load(Ordering::SeqCst)));
        Ok(Self(script))
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        while self.0.delivery_hangs.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if self.0.delivery_fails.load(Ordering::SeqCst) {
            return Err(SinkKind::Io.because("the disk is full"));
        }
        self.0.delivered.fetch_add(batch.items(), Ordering::SeqCst);
        Ok(Delivered::all())
    }
}

/// The telemetry block of a test.
pub fn telemetry(level: rt::telemetry::Level) -> rt::telemetry::Config {
    rt::telemetry::Config { listen: rt::listen("127.0.0.1:0"), level, ..rt::telemetry::Config::default() }
}

/// A pipeline with telemetry at a level and what `start` declares.
#[macro_export]
macro_rules! pipeline {
    ($level:ident, |$host:ident| $start:block) => {{
        fn telemetry(_: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
            Ok(Some($crate::support::telemetry(rt::telemetry::Level::$level)))
        }
        fn start($host: &mut rt::Host) -> rt::Result<()> {
            $start
        }
        static PIPELINE: tracecore_runtime::Pipeline = tracecore_runtime::Pipeline {
            name: "test",
            file: "test.yaml",
            hash: "0",
            telemetry,
            holes: &[],
            start,
        };
        &PIPELINE
    }};
}

pub fn options() -> RunOptions {
    RunOptions::default().stuck_after(Duration::from_millis(200)).drain(Duration::from_millis(400))
}

/// A collector that runs, and a client of its surface.
pub struct Running(running::Running);

impl std::ops::Deref for Running {
    type Target = running::Running;

    fn deref(&self) -> &running::Running {
        &self.0
    }
}

impl Running {
    pub fn start(pipeline: &'static Pipeline) -> Self {
        Self::start_with(pipeline, &options())
    }

    pub fn start_with(pipeline: &'static Pipeline, options: &RunOptions) -> Self {
        Self(running::Running::start(pipeline, options))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        get(self.0.address, path).expect("an answer")
    }

    /// The component's status as `/readyz?verbose` tells it, with its reason.
    pub fn status(&self, pipeline: &str, component: &str) -> (String, String) {
        let (_, body) = self.get("/readyz?verbose");
        let tree: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let node = &tree["components"][format!("pipeline:{pipeline}")]["components"][component];
        let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
        (text("status"), text("reason"))
    }

    /// The value of a series of the collector's own telemetry; 0 if it is not there.
    pub fn metric(&self, series: &str) -> f64 {
        self.0.metric(series).unwrap_or(0.0)
    }

    pub fn stop(self) -> Duration {
        self.0.stop()
    }
}

/// One request, if somebody answers.
pub fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// Log lines of the process, once [`listen_to_log`] was called.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Whether a line with all of these words was logged.
pub fn logged(words: &[&str]) -> bool {
    LOG.lock().unwrap().iter().any(|line| words.iter().all(|word| line.contains(word)))
}

/// Remembers log lines from now on.
pub fn listen_to_log() {
    let _ = tracing::subscriber::set_global_default(Listener);
}

struct Listener;

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl tracing::Subscriber for Listener {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("tracecore")
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut words = Words(event.metadata().level().to_string());
        event.record(&mut words);
        LOG.lock().unwrap().push(words.0);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
