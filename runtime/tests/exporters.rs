// SPDX-License-Identifier: Apache-2.0
//! Exporters from outside: what a collector does when a delivery fails, panics or is slow, and
//! when whoever read has gone away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

mod support;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use support::{Running, telemetry_on, until};
use tracecore_runtime::private as rt;
use tracecore_runtime::queue::{FrameBatch, Frames};
use tracecore_runtime::signal::{Batch, Encode, Refused, Series};
use tracecore_runtime::telemetry::Registry;
use tracecore_runtime::{
    Delivered, Delivery, Encodes, ErrorKind, Failure, LaneInfo, Metrics, Open, Pace, Pipeline, Receiver,
    Registrar, RunOptions, Slot, Stream, exporter, receiver,
};
use tracecore_schema::delivery::{BatchConfig, QueueConfig, RetryConfig};
use tracecore_schema::{ByteSize, Config, Counter, MetricSet};

/// Emits one point each millisecond.
#[derive(Clone, Debug, Config)]
#[config(receiver = "fast", signal = metrics, metrics = FastMetrics, rust = Fast)]
pub struct FastConfig {}

#[derive(MetricSet)]
pub struct FastMetrics {
    /// Ticks.
    #[metric(name = "test.ticks", unit = "{tick}")]
    pub ticks: Counter<u64>,
}

#[receiver(config = FastConfig, metrics = FastMetrics)]
pub struct Fast {
    slot: Slot<u64>,
    ticks: u64,
}

impl Receiver for Fast {
    fn pace(_: &FastConfig) -> Pace {
        Pace::every(Duration::from_millis(1))
    }

    fn open(_: FastConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { slot: Slot::OFF, ticks: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, FastMetrics>) -> Result<(), Failure<Self>> {
        if !self.slot.is_on() {
            self.slot = series.begin(|m| m.ticks, []);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        self.ticks += 1;
        out.set(self.slot, self.ticks);
        Ok(())
    }
}

/// What a delivery does.
const WORKS: usize = 0;
const FAILS: usize = 1;
const PANICS: usize = 2;
const WAITS: usize = 3;
const GONE: usize = 4;
const DOWN: usize = 5;
const PICKY: usize = 6;

struct Script {
    mode: AtomicUsize,
    delivered: AtomicU64,
}

static SCRIPTS: [Script; 7] =
    [const { Script { mode: AtomicUsize::new(WORKS), delivered: AtomicU64::new(0) } }; 7];

/// Delivers nowhere, by a script.
#[derive(Clone, Debug, Config)]
#[config(exporter = "scripted", signal = metrics, rust = Scripted)]
pub struct ScriptedConfig {
    /// Which script it follows.
    pub script: usize,
}

#[exporter(stream, config = ScriptedConfig, errors(io))]
pub struct Scripted(&'static Script);

pub struct Encoder(Frames);

impl Encode<Metrics> for Encoder {
    fn admit(&mut self, _: u32, _: &Series) -> Result<(), Refused> {
        Ok(())
    }

    fn retire(&mut self, _: u32) {}

    fn encode(&mut self, batch: &Batch) -> usize {
        let mut frame = self.0.buffer();
        frame.extend([0; 1024]);
        self.0.send(frame, batch.len() as u64);
        0
    }
}

impl Encodes<Metrics> for Scripted {
    type Encoder = Encoder;

    fn encoder(_: &ScriptedConfig, frames: Frames, _: &LaneInfo) -> Encoder {
        Encoder(frames)
    }
}

impl Stream for Scripted {
    fn open(config: ScriptedConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self(&SCRIPTS[config.script]))
    }

    fn delivery(_: &ScriptedConfig) -> Delivery {
        let retry = RetryConfig {
            initial: Duration::from_millis(20),
            max: Duration::from_millis(50),
            ..RetryConfig::default()
        };
        let batch = BatchConfig { timeout: Duration::ZERO, ..BatchConfig::default() };
        Delivery::new(QueueConfig { size: ByteSize(64 << 10), batch, ..QueueConfig::default() }, retry)
    }

    async fn deliver(&self, batch: &FrameBatch) -> Result<Delivered, Failure<Self>> {
        loop {
            match self.0.mode.load(Ordering::SeqCst) {
                FAILS => return Err(ScriptedKind::Io.because("refused")),
                PANICS => panic!("planted"),
                DOWN => return Err(ScriptedKind::Io.because("connection refused").transient()),
                PICKY => return Ok(Delivered::partly(1, "a value is out of range")),
                GONE => return Err(ScriptedKind::Io.because("broken pipe").closed()),
                WAITS => tokio::time::sleep(Duration::from_millis(5)).await,
                _ => {
                    self.0.delivered.fetch_add(batch.items(), Ordering::SeqCst);
                    return Ok(Delivered::all());
                }
            }
        }
    }
}

macro_rules! pipeline {
    ($($id:literal => $script:literal),+) => {{
        fn start(host: &mut rt::Host) -> rt::Result<()> {
            let exporters = ($(host.exporter::<Scripted>($id, ScriptedConfig { script: $script })?,)+);
            let lane = host.receiver::<Fast>("fast", FastConfig {})?;
            branches(lane, &exporters)
        }
        static PIPELINE: Pipeline = Pipeline {
            name: "test",
            file: "test.yaml",
            hash: "0",
            telemetry: telemetry_on,
            holes: &[],
            start,
        };
        Running::start(&PIPELINE, &RunOptions::default().drain(Duration::from_millis(300)))
    }};
}

/// One branch with one exporter or two.
trait Branched {
    fn branch(&self, lane: rt::LaneBuilder<'_, Fast, ()>) -> rt::Result<()>;
}

impl<A: rt::Encoding<Metrics>> Branched for (A,) {
    fn branch(&self, lane: rt::LaneBuilder<'_, Fast, ()>) -> rt::Result<()> {
        lane.metrics("metrics/test", (), (&self.0,)).start()
    }
}

impl<A: rt::Encoding<Metrics>, B: rt::Encoding<Metrics>> Branched for (A, B) {
    fn branch(&self, lane: rt::LaneBuilder<'_, Fast, ()>) -> rt::Result<()> {
        lane.metrics("metrics/test", (), (&self.0, &self.1)).start()
    }
}

fn branches(lane: rt::LaneBuilder<'_, Fast, ()>, exporters: &impl Branched) -> rt::Result<()> {
    exporters.branch(lane)
}

/// Accepted + recovered = delivered + rejected + dropped + lost + queued + in flight.
fn conserved(registry: &Registry, id: &str) -> bool {
    let telemetry = registry.exporter(id).expect("it is there");
    let (mut came, mut ended) = (0, 0);
    for (outcome, _, items) in telemetry.item_counts() {
        if matches!(outcome, "accepted" | "recovered") { came += items } else { ended += items }
    }
    came > 0 && came == ended + telemetry.queued() + telemetry.in_flight_now()
}

fn metric(running: &Running, series: &str) -> f64 {
    running.metric(series).unwrap_or(f64::NAN)
}

fn failures(id: &str, kind: &str) -> String {
    format!("tracecore_exporter_calls_total{{component_id=\"{id}\",kind=\"{kind}\",result=\"failure\"}}")
}

#[test]
fn x1_a_failed_and_a_panicking_delivery_are_counted_and_the_exporter_goes_on() {
    let running = pipeline!("scripted" => 0);
    until("delivered", || SCRIPTS[0].delivered.load(Ordering::SeqCst) > 5);
    SCRIPTS[0].mode.store(FAILS, Ordering::SeqCst);
    until("failures", || metric(&running, &failures("scripted", "io")) >= 3.0);
    SCRIPTS[0].mode.store(PANICS, Ordering::SeqCst);
    until("panics", || metric(&running, &failures("scripted", "panic")) >= 3.0);
    SCRIPTS[0].mode.store(WORKS, Ordering::SeqCst);
    let before = SCRIPTS[0].delivered.load(Ordering::SeqCst);
    until("delivered again", || SCRIPTS[0].delivered.load(Ordering::SeqCst) > before + 5);
    let registry = running.registry.clone();
    running.stop();
    assert!(conserved(&registry, "scripted"), "items are conserved at rest");
}

#[test]
fn a_delivery_that_never_returns_costs_the_drain_budget_and_its_items_are_counted() {
    let running = pipeline!("scripted" => 1);
    until("delivered", || SCRIPTS[1].delivered.load(Ordering::SeqCst) > 5);
    SCRIPTS[1].mode.store(WAITS, Ordering::SeqCst);
    until("the queue fills", || {
        metric(&running, "tracecore_exporter_queued_items{component_id=\"scripted\"}") > 10.0
    });
    let registry = running.registry.clone();
    let ended = running.stop();
    assert!(ended >= Duration::from_millis(300), "the drain budget was used: {ended:?}");
    assert!(ended < Duration::from_millis(1300), "L2: at most 1 s beyond it: {ended:?}");
    assert!(conserved(&registry, "scripted"), "items are conserved at rest");
    let telemetry = registry.exporter("scripted").expect("it is there");
    assert_eq!((telemetry.queued(), telemetry.in_flight_now()), (0, 0), "nothing waits any more");
    let shutdown =
        telemetry.item_counts().find(|(outcome, reason, _)| (*outcome, *reason) == ("lost", "shutdown"));
    assert!(shutdown.is_some_and(|(.., items)| items > 10), "what was left is counted: {shutdown:?}");
}

#[test]
fn a_reader_that_went_away_ends_a_collector_with_no_other_exporter_quietly() {
    let running = pipeline!("scripted" => 2);
    until("delivered", || SCRIPTS[2].delivered.load(Ordering::SeqCst) > 5);
    SCRIPTS[2].mode.store(GONE, Ordering::SeqCst);
    running.thread.join().unwrap().expect("quietly");
}

#[test]
fn a_reader_that_went_away_is_that_exporters_failure_where_there_are_others() {
    let running = pipeline!("scripted/gone" => 3, "scripted/stays" => 0);
    until("delivered", || SCRIPTS[3].delivered.load(Ordering::SeqCst) > 5);
    SCRIPTS[3].mode.store(GONE, Ordering::SeqCst);
    until("counted", || metric(&running, &failures("scripted/gone", "io")) >= 1.0);
    let accepted =
        "tracecore_exporter_items_total{component_id=\"scripted/stays\",outcome=\"accepted\",reason=\"\"}";
    let before = metric(&running, accepted);
    until("the other goes on", || metric(&running, accepted) > before + 5.0);
    running.stop();
}

#[test]
fn a_backend_that_is_down_shows_in_the_status_and_the_queue_and_costs_the_oldest_only() {
    let running = pipeline!("scripted" => 4);
    until("delivered", || SCRIPTS[4].delivered.load(Ordering::SeqCst) > 5);
    assert_eq!(state(&running.registry, "scripted"), "ok");
    SCRIPTS[4].mode.store(DOWN, Ordering::SeqCst);
    until("trouble shows", || state(&running.registry, "scripted") == "recoverable_error");
    let depth = "tracecore_queue_depth_ratio{component_id=\"scripted\"}";
    until("D4: the queue is full", || metric(&running, depth) > 0.9);
    until("the oldest go", || ended(&running.registry, "dropped", "queue_full") > 10);
    assert_eq!(ended(&running.registry, "rejected", "refused"), 0, "nothing but the bound drops anything");
    assert!(conserved(&running.registry, "scripted"), "also in the middle of it");
    SCRIPTS[4].mode.store(WORKS, Ordering::SeqCst);
    until("well again", || state(&running.registry, "scripted") == "ok");
    until("caught up", || metric(&running, depth) < 0.5);
    let registry = running.registry.clone();
    running.stop();
    assert!(conserved(&registry, "scripted"), "items are conserved at rest");
    assert_eq!(ended(&registry, "lost", "shutdown") + ended(&registry, "lost", "interrupted"), 0);
}

#[test]
fn what_the_other_side_refuses_is_counted_and_never_sent_again() {
    let running = pipeline!("scripted" => 5);
    SCRIPTS[5].mode.store(PICKY, Ordering::SeqCst);
    until("refused", || ended(&running.registry, "rejected", "partial") > 3);
    assert_eq!(state(&running.registry, "scripted"), "ok", "it takes what is right");
    SCRIPTS[5].mode.store(FAILS, Ordering::SeqCst);
    until("refused as a whole", || ended(&running.registry, "rejected", "refused") > 3);
    assert_eq!(state(&running.registry, "scripted"), "recoverable_error");
    let registry = running.registry.clone();
    SCRIPTS[5].mode.store(WORKS, Ordering::SeqCst);
    running.stop();
    assert!(conserved(&registry, "scripted"), "items are conserved at rest");
}

#[test]
fn a_backend_that_stays_down_costs_the_drain_budget_and_what_waits_is_counted_as_lost() {
    let running = pipeline!("scripted" => 6);
    SCRIPTS[6].mode.store(DOWN, Ordering::SeqCst);
    until("failures", || metric(&running, &failures("scripted", "io")) >= 2.0);
    let registry = running.registry.clone();
    let took = running.stop();
    assert!(took < Duration::from_millis(1300), "L2: at most 1 s beyond the drain: {took:?}");
    assert!(conserved(&registry, "scripted"), "items are conserved at rest");
    assert!(ended(&registry, "lost", "shutdown") > 0);
}

/// What the collector says of the exporter's state.
fn state(registry: &Registry, id: &str) -> String {
    let tree = serde_json::Value::from(registry.status_tree()).to_string();
    let place = tree.find(&format!("exporter:{id}\"")).unwrap_or_else(|| panic!("no `{id}` in {tree}"));
    tree[place..].split_once("\"status\":\"").unwrap().1.split('"').next().unwrap().to_owned()
}

fn ended(registry: &Registry, outcome: &str, reason: &str) -> u64 {
    let telemetry = registry.exporter("scripted").expect("it is there");
    telemetry.item_counts().find(|(o, r, _)| (*o, *r) == (outcome, reason)).map_or(0, |(.., items)| items)
}
