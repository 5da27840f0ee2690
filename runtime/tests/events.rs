// SPDX-License-Identifier: Apache-2.0
//! Receivers of events from outside: both signals of one receiver, a lane that waits for events,
//! and what happens when such a receiver fails, hangs, panics or has too much to tell.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

mod support;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use support::{Running, until};
use tracecore_runtime::private as rt;
use tracecore_runtime::signal::RecordDraft;
use tracecore_runtime::testing::{Recording, RecordingConfig, Recordings};
use tracecore_runtime::{
    Admission, ErrorKind, Failure, LogBatch, Logs, Open, Pace, Pipeline, Processes, Processor, Receiver,
    Registrar, RunOptions, Severity, Slot, processor, receiver,
};
use tracecore_schema::{Config, Counter, MetricSet};

/// What the receiver hears.
enum Heard {
    /// Counted, and told as a record.
    Error(u64),
    /// Told as a record.
    Words(&'static str),
    /// So many records in one call.
    Storm(usize),
    Fails,
    Panics,
    /// The call does not return for so long.
    Hangs(Duration),
}

/// Where the test speaks and the receiver listens.
struct Ear {
    said: Mutex<VecDeque<Heard>>,
    speaks: Condvar,
    opened: AtomicUsize,
    calls: AtomicUsize,
}

static EARS: [Ear; 7] = [const {
    Ear {
        said: Mutex::new(VecDeque::new()),
        speaks: Condvar::new(),
        opened: AtomicUsize::new(0),
        calls: AtomicUsize::new(0),
    }
}; 7];

impl Ear {
    fn say(&self, what: Heard) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push_back(what);
        self.speaks.notify_all();
    }

    fn listen(&self) -> Option<Heard> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut said, _) = self
            .speaks
            .wait_timeout_while(said, Pace::EVENT_WAIT, |said| said.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        said.pop_front()
    }
}

/// Listens.
#[derive(Clone, Debug, Config)]
#[config(receiver = "listener", signals(metrics, logs), metrics = ListenerMetrics, rust = Listener)]
pub struct ListenerConfig {
    /// With which ear.
    pub ear: usize,
}

#[derive(MetricSet)]
pub struct ListenerMetrics {
    /// Errors that were heard.
    #[metric(name = "test.errors", unit = "{error}")]
    pub errors: Counter<u64>,
}

#[receiver(config = ListenerConfig, metrics = ListenerMetrics, errors(read))]
pub struct Listener {
    ear: &'static Ear,
    slot: Slot<u64>,
    errors: u64,
}

impl Receiver for Listener {
    fn pace(_: &ListenerConfig) -> Pace {
        Pace::events(Duration::from_millis(500))
    }

    fn open(config: ListenerConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let ear = &EARS[config.ear];
        ear.opened.fetch_add(1, Ordering::SeqCst);
        Ok(Self { ear, slot: Slot::OFF, errors: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, ListenerMetrics>) -> Result<(), Failure<Self>> {
        if !self.slot.is_on() {
            self.slot = series.begin(|metrics| metrics.errors, []);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        match self.ear.listen() {
            None => {}
            Some(Heard::Error(code)) => {
                self.errors += 1;
                out.metrics.set(self.slot, self.errors);
                out.logs
                    .record(1)
                    .severity(Severity::ERROR)
                    .event_name("test.error")
                    .body("an error")
                    .attribute("code", code);
            }
            Some(Heard::Words(words)) => {
                out.logs.record(2).severity(Severity::INFO).body(words);
            }
            Some(Heard::Storm(records)) => (0..records as u64).for_each(|number| {
                out.logs.record(3).attribute("number", number);
            }),
            Some(Heard::Fails) => return Err(ListenerKind::Read.because("cannot hear")),
            Some(Heard::Panics) => panic!("planted"),
            Some(Heard::Hangs(long)) => std::thread::sleep(long),
        }
        Ok(())
    }
}

/// Lets only errors pass.
#[derive(Clone, Debug, Config)]
#[config(processor = "alarm", signal = logs, rust = Alarm)]
pub struct AlarmConfig {}

#[processor(config = AlarmConfig)]
pub struct Alarm;

impl Processor for Alarm {
    fn open(_: &AlarmConfig) -> Result<Self, Failure<Self>> {
        Ok(Self)
    }
}

impl Processes<Logs> for Alarm {
    fn admit(&mut self, record: &mut RecordDraft<'_>) -> Admission {
        if record.record().severity() < Severity::ERROR {
            return Admission::Drop;
        }
        record.insert("alarm", true);
        Admission::Keep
    }
}

fn detailed(_: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
    let level = rt::telemetry::Level::Detailed;
    Ok(Some(rt::telemetry::Config {
        listen: rt::listen("localhost:0"),
        level,
        ..rt::telemetry::Config::default()
    }))
}

/// A collector with one listener, whose metrics and logs are recorded under the name `$name`; a
/// second pipeline lets only errors pass and records under `$name-alarms`.
macro_rules! listening {
    ($name:literal, $ear:literal) => {{
        fn start(host: &mut rt::Host) -> rt::Result<()> {
            let all = host.exporter::<Recording>("all", RecordingConfig { name: $name.to_owned() })?;
            let alarms = RecordingConfig { name: concat!($name, "-alarms").to_owned() };
            let alarms = host.exporter::<Recording>("alarms", alarms)?;
            let alarm = host.processor::<Alarm>("alarm", AlarmConfig {})?;
            host.receiver::<Listener>("listener", ListenerConfig { ear: $ear })?
                .metrics("metrics/errors", (), (&all,))
                .logs("logs/all", (), (&all,))
                .logs("logs/alarms", (&alarm,), (&alarms,))
                .start()
        }
        static PIPELINE: Pipeline =
            Pipeline { name: $name, file: "test.yaml", hash: "0", telemetry: detailed, holes: &[], start };
        let options =
            RunOptions::default().stuck_after(Duration::from_millis(400)).drain(Duration::from_millis(500));
        (
            Running::start(&PIPELINE, &options),
            &EARS[$ear],
            Recordings::named($name),
            Recordings::named(concat!($name, "-alarms")),
        )
    }};
}

fn receiver(running: &Running, metric: &str) -> f64 {
    running.metric(&format!("tracecore_receiver_{metric}{{component_id=\"listener\"}}")).unwrap()
}

fn errors(running: &Running, kind: &str) -> f64 {
    let series = format!("tracecore_receiver_errors_total{{component_id=\"listener\",kind=\"{kind}\"}}");
    running.metric(&series).unwrap()
}

#[test]
fn both_signals_of_a_receiver_take_their_ways_and_every_item_is_counted() {
    let (running, ear, all, alarms) = listening!("both", 0);
    ear.say(Heard::Words("good morning"));
    ear.say(Heard::Error(79));
    ear.say(Heard::Words("good night"));
    until("three records", || all.records().len() == 3 && alarms.records().len() == 1);
    assert_eq!(ear.opened.load(Ordering::SeqCst), 1, "opened once for three pipelines");

    let [point] = &all.points()[..] else { panic!("only the error sets the series: {:?}", all.points()) };
    assert_eq!((point.point.name(), point.point.value), ("test.errors", 1.0));
    let bodies: Vec<_> = all.records().into_iter().map(|recorded| recorded.record.body).collect();
    assert_eq!(bodies, ["good morning", "an error", "good night"]);
    let alarm = &alarms.records()[0];
    assert_eq!(
        (&*alarm.receiver, alarm.record.to_string().as_str()),
        ("listener", "ERROR test.error \"an error\" {code=79, alarm=true}")
    );
    assert!(alarm.record.observed_unix_nanos > 1_700_000_000_000_000_000);
    assert_eq!(all.records()[1].record.attributes.len(), 1, "one branch does not change what another sees");

    assert_eq!(receiver(&running, "emissions_total"), 4.0, "R2: a point and three records");
    let processed = |result: &str| {
        let series = format!("tracecore_processor_items_total{{component_id=\"alarm\",result=\"{result}\"}}");
        running.metric(&series).unwrap()
    };
    assert_eq!((processed("kept"), processed("dropped")), (1.0, 2.0), "X2");
    let edge = |pipeline: &str, from: &str, to: &str, outcome: &str| {
        let series = format!(
            "tracecore_pipeline_edge_items_total{{from=\"{from}\",outcome=\"{outcome}\",pipeline=\"{pipeline}\",to=\"{to}\"}}"
        );
        running.metric(&series).unwrap_or_else(|| panic!("no {series}"))
    };
    assert_eq!(edge("metrics/errors", "listener", "all", "taken"), 1.0);
    assert_eq!(edge("logs/all", "listener", "all", "taken"), 3.0);
    assert_eq!(edge("logs/alarms", "listener", "alarm", "taken"), 3.0);
    assert_eq!(edge("logs/alarms", "alarm", "alarms", "taken"), 1.0);
    let items = |exporter: &str| {
        let series = format!(
            "tracecore_exporter_items_total{{component_id=\"{exporter}\",outcome=\"delivered\",reason=\"\"}}"
        );
        running.metric(&series).unwrap_or_else(|| panic!("no {series}"))
    };
    until("what was taken is delivered", || items("all") == 4.0 && items("alarms") == 1.0);
    running.stop();
}

#[test]
fn a_lane_that_waits_is_well_and_stops_soon() {
    let (running, ear, all, _) = listening!("idle", 1);
    until("it listens", || ear.calls.load(Ordering::SeqCst) > 0);
    let (calls, activity) =
        (ear.calls.load(Ordering::SeqCst), receiver(&running, "last_activity_unix_seconds"));
    until("ten waits", || ear.calls.load(Ordering::SeqCst) >= calls + 10);
    assert!(receiver(&running, "last_activity_unix_seconds") > activity, "R5: to wait in vain is to be well");
    assert_eq!(receiver(&running, "degraded_seconds_total"), 0.0);
    assert_eq!(receiver(&running, "stuck_since_unix_seconds"), 0.0);
    assert_eq!(receiver(&running, "skipped_ticks_total"), 0.0);
    assert_eq!(receiver(&running, "collection_latency_seconds_count"), 0.0, "R3: nothing was collected");
    assert_eq!((all.points().len(), all.records().len()), (0, 0));
    let stopped = running.stop();
    assert!(stopped < Duration::from_millis(900), "{stopped:?}");
}

#[test]
fn a_receiver_that_fails_is_degraded_until_it_hears_again_and_its_lane_does_not_spin() {
    let (running, ear, all, _) = listening!("fails", 2);
    (0..5).for_each(|_| ear.say(Heard::Fails));
    until("five errors", || errors(&running, "read") >= 5.0);
    assert!(receiver(&running, "degraded_seconds_total") >= 0.3, "a pause after each failure");
    ear.say(Heard::Words("again"));
    until("a record", || all.records().len() == 1);
    assert_eq!((errors(&running, "read"), ear.opened.load(Ordering::SeqCst)), (5.0, 1));
    running.stop();
}

#[test]
fn a_panic_reopens_the_receiver_and_what_was_said_meanwhile_is_heard() {
    let (running, ear, all, _) = listening!("panics", 3);
    ear.say(Heard::Panics);
    ear.say(Heard::Error(1));
    until("it hears again", || !all.points().is_empty());
    assert_eq!((errors(&running, "panic"), ear.opened.load(Ordering::SeqCst)), (1.0, 2));
    running.stop();
}

#[test]
fn a_call_that_does_not_return_is_given_up_and_its_late_result_is_dropped() {
    let (running, ear, all, _) = listening!("hangs", 4);
    ear.say(Heard::Hangs(Duration::from_millis(1500)));
    until("another thread listens", || ear.opened.load(Ordering::SeqCst) == 2);
    ear.say(Heard::Words("still here"));
    until("it is heard", || all.records().len() == 1);
    assert!(receiver(&running, "stuck_since_unix_seconds") > 0.0);
    until("the call returns", || receiver(&running, "stuck_since_unix_seconds") == 0.0);
    running.stop();
}

#[test]
fn records_beyond_a_full_batch_are_refused_and_counted() {
    let (running, ear, all, _) = listening!("storm", 5);
    ear.say(Heard::Storm(LogBatch::MAX_RECORDS + 10));
    until("a full batch", || all.records().len() == LogBatch::MAX_RECORDS);
    until("one error for the call", || errors(&running, "downstream") == 1.0);
    assert_eq!(receiver(&running, "emissions_total"), LogBatch::MAX_RECORDS as f64);
    running.stop();
}

#[test]
fn one_round_ends_when_nothing_more_is_heard() {
    fn start(host: &mut rt::Host) -> rt::Result<()> {
        let all = host.exporter::<Recording>("all", RecordingConfig { name: "once".to_owned() })?;
        host.receiver::<Listener>("listener", ListenerConfig { ear: 6 })?
            .logs("logs/all", (), (&all,))
            .start()
    }
    static PIPELINE: Pipeline =
        Pipeline { name: "once", file: "test.yaml", hash: "0", telemetry: detailed, holes: &[], start };
    (0..20).for_each(|_| EARS[6].say(Heard::Words("one of many")));
    Running::start(&PIPELINE, &RunOptions::default().once(true)).thread.join().unwrap().unwrap();
    assert_eq!(Recordings::named("once").records().len(), 20);
}
