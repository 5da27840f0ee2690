// SPDX-License-Identifier: Apache-2.0
//! Lanes from outside: what a collector does when a receiver panics, hangs, or will not open.
//!
//! Receivers here are scripted through statics, one module per test, since a receiver is made
//! by the runtime and not by the test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracecore_runtime::private as rt;
use tracecore_runtime::queue::{Frame, Frames};
use tracecore_runtime::signal::{Batch, Encode, Refused, Series};
use tracecore_runtime::telemetry::Format;
use tracecore_runtime::{
    BuildInfo, Collector, ErrorKind, Failure, LaneInfo, Metrics, Open, Pace, Pipeline, Receiver, Registrar,
    RunError, RunOptions, Slot, Stopper, Stream, exporter, receiver,
};
use tracecore_schema::{Attribute, Config, Counter, MetricSet};

/// Counts points per series name; the name is the receiver's id.
static SEEN: Mutex<Vec<(String, Instant)>> = Mutex::new(Vec::new());

/// Remembers what it is given.
#[derive(Clone, Debug, Config)]
#[config(exporter = "recording", signal = metrics, rust = Recording)]
pub struct RecordingConfig {}

#[exporter(stream, config = RecordingConfig, errors(io))]
pub struct Recording;

pub struct RecordingEncoder {
    frames: Frames,
    series: Vec<(u32, String)>,
}

impl Encode<Metrics> for RecordingEncoder {
    fn admit(&mut self, index: u32, series: &Series) -> Result<(), Refused> {
        let device = series.attributes.iter().find(|a| a.key == "hw.id").map(|a| a.value.to_string());
        self.series.push((index, format!("{}/{}", series.receiver, device.unwrap_or_default())));
        Ok(())
    }

    fn retire(&mut self, index: u32) {
        self.series.retain(|(at, _)| *at != index);
    }

    fn encode(&mut self, batch: &Batch) -> usize {
        let mut frame = self.frames.buffer();
        let mut items = 0;
        for (index, name) in &self.series {
            if batch.get(*index).is_some() {
                frame.extend(name.as_bytes());
                frame.push(b'\n');
                items += 1;
            }
        }
        self.frames.send(frame, items);
        0
    }
}

impl Stream for Recording {
    type Encoder = RecordingEncoder;

    fn encoder(_: &RecordingConfig, frames: Frames, _: &LaneInfo) -> RecordingEncoder {
        RecordingEncoder { frames, series: Vec::new() }
    }

    fn open(_: RecordingConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }

    async fn deliver(&mut self, frame: &Frame) -> Result<(), Failure<Self>> {
        let text = std::str::from_utf8(frame.bytes()).unwrap();
        SEEN.lock().unwrap().extend(text.lines().map(|line| (line.to_owned(), frame.since())));
        Ok(())
    }
}

/// A receiver of one or more devices, driven by a script.
#[derive(Clone, Debug, Config)]
#[config(receiver = "scripted", signal = metrics, metrics = ScriptedMetrics, rust = Scripted)]
pub struct ScriptedConfig {
    /// Which script it follows.
    #[config(default = 0)]
    pub script: usize,
    /// How many devices it has.
    #[config(default = 1)]
    pub devices: u32,
}

#[derive(MetricSet)]
pub struct ScriptedMetrics {
    /// Ticks of a device.
    #[metric(name = "test.ticks", unit = "{tick}", attributes("hw.id"))]
    pub ticks: Counter<u64>,
}

/// What the receivers with one script number do.
struct Script {
    opens: AtomicUsize,
    ticks: AtomicU64,
    fail_open: AtomicBool,
    panic: AtomicBool,
    /// The device whose call hangs, counted from 1.
    hang: AtomicUsize,
    hanging: AtomicUsize,
}

static SCRIPTS: [Script; 6] = [const {
    Script {
        opens: AtomicUsize::new(0),
        ticks: AtomicU64::new(0),
        fail_open: AtomicBool::new(false),
        panic: AtomicBool::new(false),
        hang: AtomicUsize::new(0),
        hanging: AtomicUsize::new(0),
    }
}; 6];

#[receiver(config = ScriptedConfig, metrics = ScriptedMetrics, errors(read))]
pub struct Scripted {
    script: &'static Script,
    devices: Vec<(tracecore_runtime::Device, u32)>,
    slots: Vec<Slot<u64>>,
}

impl Receiver for Scripted {
    fn pace(_: &ScriptedConfig) -> Pace {
        Pace::every(Duration::from_millis(10))
    }

    fn open(config: ScriptedConfig, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let script = &SCRIPTS[config.script];
        script.opens.fetch_add(1, Ordering::SeqCst);
        if script.fail_open.load(Ordering::SeqCst) {
            return Err(ScriptedKind::Init.because("the driver is away"));
        }
        let skipped = cx.skipped();
        let devices = (1..=config.devices)
            .filter(|device| !skipped.contains(&format!("gpu {device}")))
            .map(|device| (cx.device(&format!("gpu {device}")), device))
            .collect();
        Ok(Self { script, devices, slots: Vec::new() })
    }

    fn discover(&mut self, series: &mut Registrar<'_, ScriptedMetrics>) -> Result<(), Failure<Self>> {
        if self.slots.is_empty() {
            self.slots = self
                .devices
                .iter()
                .map(|(_, device)| series.begin(|m| m.ticks, [Attribute::new("hw.id", *device)]))
                .collect();
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        let ticks = self.script.ticks.fetch_add(1, Ordering::SeqCst);
        assert!(!self.script.panic.swap(false, Ordering::SeqCst), "planted");
        for ((device, number), slot) in self.devices.iter().zip(&self.slots) {
            out.entering(*device);
            if self.script.hang.load(Ordering::SeqCst) == *number as usize {
                self.script.hanging.fetch_add(1, Ordering::SeqCst);
                while self.script.hang.load(Ordering::SeqCst) == *number as usize {
                    std::thread::sleep(Duration::from_millis(1));
                }
                self.script.hanging.fetch_sub(1, Ordering::SeqCst);
            }
            out.set(*slot, ticks);
        }
        Ok(())
    }
}

fn telemetry_on(_: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
    let listen = rt::listen("localhost:0");
    Ok(Some(rt::telemetry::Config { listen, ..rt::telemetry::Config::default() }))
}

macro_rules! pipeline {
    ($name:ident, $($id:literal => $script:literal x $devices:literal),+) => {{
        fn start(host: &mut rt::Host) -> rt::Result<()> {
            let recording = host.exporter::<Recording>("recording", RecordingConfig {})?;
            $(host
                .receiver::<Scripted>($id, ScriptedConfig { script: $script, devices: $devices })?
                .branch("metrics/test", (), (&recording,))
                .start()?;)+
            Ok(())
        }
        static PIPELINE: Pipeline = Pipeline {
            name: stringify!($name),
            file: "test.yaml",
            hash: "0",
            telemetry: telemetry_on,
            holes: &[],
            start,
        };
        Running::start(&PIPELINE)
    }};
}

struct Running {
    stopper: Stopper,
    registry: tracecore_runtime::telemetry::Registry,
    thread: JoinHandle<Result<(), RunError>>,
}

impl Running {
    fn start(pipeline: &'static Pipeline) -> Self {
        let options =
            RunOptions::default().stuck_after(Duration::from_millis(150)).drain(Duration::from_millis(500));
        let collector =
            Collector::start(pipeline, &options, BuildInfo::new("test", "0.0.0")).expect("it starts");
        Self {
            stopper: collector.stopper(),
            registry: collector.registry(),
            thread: std::thread::spawn(|| collector.wait()),
        }
    }

    fn stop(self) -> Duration {
        let start = Instant::now();
        self.stopper.stop();
        self.thread.join().unwrap().expect("a clean end");
        start.elapsed()
    }

    /// The value of a series of the collector's own telemetry.
    fn metric(&self, series: &str) -> Option<f64> {
        let text = String::from_utf8(self.registry.render(Format::Text).unwrap()).unwrap();
        let line =
            text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
        line.rsplit(' ').next()?.parse().ok()
    }
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn seen(name: &str) -> Vec<Instant> {
    SEEN.lock().unwrap().iter().filter(|(n, _)| n == name).map(|(_, at)| *at).collect()
}

#[test]
fn a_point_goes_from_the_receiver_to_the_exporter_and_is_counted() {
    let running = pipeline!(plain, "plain" => 0 x 2);
    until("points of both devices", || seen("plain/1").len() > 3 && seen("plain/2").len() > 3);
    until("emissions are counted", || {
        running.metric("tracecore_receiver_emissions_total{component_id=\"plain\"}").is_some_and(|n| n >= 8.0)
    });
    assert!(running.stop() < Duration::from_millis(900));
}

#[test]
fn a_panic_restarts_the_receiver_and_no_other() {
    let running = pipeline!(panics, "panics" => 1 x 1, "steady" => 2 x 1);
    until("both run", || seen("panics/1").len() > 2 && seen("steady/1").len() > 2);
    SCRIPTS[1].panic.store(true, Ordering::SeqCst);
    until("opened again", || SCRIPTS[1].opens.load(Ordering::SeqCst) == 2);
    let restarted = Instant::now();
    until("points again", || seen("panics/1").iter().any(|at| *at > restarted));
    let kind = "tracecore_receiver_errors_total{component_id=\"panics\",kind=\"panic\"}";
    assert_eq!(running.metric(kind), Some(1.0));
    assert_eq!(SCRIPTS[2].opens.load(Ordering::SeqCst), 1, "the other lane noticed nothing");
    running.stop();
}

#[test]
fn a_receiver_that_cannot_be_opened_is_degraded_and_tried_again() {
    SCRIPTS[3].fail_open.store(true, Ordering::SeqCst);
    let running = pipeline!(away, "away" => 3 x 1);
    until("two attempts", || SCRIPTS[3].opens.load(Ordering::SeqCst) >= 2);
    let init = running.metric("tracecore_receiver_errors_total{component_id=\"away\",kind=\"init\"}");
    assert!(init.is_some_and(|errors| errors >= 1.0), "{init:?}");
    let degraded = running.metric("tracecore_receiver_degraded_seconds_total{component_id=\"away\"}");
    assert!(degraded.is_some_and(|seconds| seconds > 0.3), "R8: from its first moment: {degraded:?}");
    SCRIPTS[3].fail_open.store(false, Ordering::SeqCst);
    until("points at last", || !seen("away/1").is_empty());
    running.stop();
}

#[test]
fn a_hung_device_is_left_out_and_taken_back_and_blinds_nobody() {
    let running = pipeline!(hangs, "hangs" => 4 x 4, "beside" => 5 x 1);
    until("all run", || (1..=4).all(|d| !seen(&format!("hangs/{d}")).is_empty()));
    SCRIPTS[4].hang.store(3, Ordering::SeqCst);
    until("the call hangs", || SCRIPTS[4].hanging.load(Ordering::SeqCst) == 1);
    let hung = Instant::now();
    for device in [1, 2, 4] {
        until("the others come back", || seen(&format!("hangs/{device}")).iter().any(|at| *at > hung));
    }
    assert!(hung.elapsed() < Duration::from_secs(2), "within the limit and a little: {:?}", hung.elapsed());
    assert!(seen("hangs/3").iter().all(|at| *at <= hung), "the hung device shows nothing");
    assert_eq!(SCRIPTS[4].hanging.load(Ordering::SeqCst), 1, "one thread is left behind, not more");
    let stuck = running.metric("tracecore_receiver_stuck_since_unix_seconds{component_id=\"hangs\"}");
    assert!(stuck.is_some_and(|since| since > 0.0), "{stuck:?}");
    let beside = seen("beside/1").into_iter().filter(|at| *at > hung).count();
    assert!(beside >= 5, "the lane beside it goes on meanwhile: {beside} ticks");

    SCRIPTS[4].hang.store(0, Ordering::SeqCst);
    let returned = Instant::now();
    until("the device comes back", || seen("hangs/3").iter().any(|at| *at > returned));
    until("no longer stuck", || {
        running.metric("tracecore_receiver_stuck_since_unix_seconds{component_id=\"hangs\"}") == Some(0.0)
    });

    SCRIPTS[4].hang.store(1, Ordering::SeqCst);
    until("it hangs again", || SCRIPTS[4].hanging.load(Ordering::SeqCst) == 1);
    let ended = running.stop();
    SCRIPTS[4].hang.store(0, Ordering::SeqCst);
    assert!(ended < Duration::from_millis(1500), "drain budget 500 ms plus at most 1 s: {ended:?}");
}
