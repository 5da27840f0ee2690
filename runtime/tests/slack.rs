// SPDX-License-Identifier: Apache-2.0
//! The time between two ticks from outside: it is given away call by call, ends in time for the
//! next tick, and a call in it that never returns is found like any other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

mod support;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use support::{Running, telemetry_on, until};
use tracecore_runtime::private as rt;
use tracecore_runtime::testing::{Recording, RecordingConfig, Recordings, Script, Step};
use tracecore_runtime::{
    Device, Failure, Open, Pace, Pipeline, Receiver, Registrar, RunOptions, Slack, Slot, receiver,
};
use tracecore_schema::{Config, Counter, MetricSet};

/// A receiver with a slow call.
#[derive(Clone, Debug, Config)]
#[config(receiver = "idler", signal = metrics, metrics = IdlerMetrics, rust = Idler)]
pub struct IdlerConfig {}

#[derive(MetricSet)]
pub struct IdlerMetrics {
    /// Slow calls since it was opened.
    #[metric(name = "test.slow.calls", unit = "{call}")]
    pub calls: Counter<u64>,
}

const INTERVAL: Duration = Duration::from_millis(40);
/// Calls that it wants to make after each tick.
const WANTED: u32 = 3;

static SLOW: Script<u64> = Script::new(1);
static SKIPPED: AtomicU32 = AtomicU32::new(0);

#[receiver(config = IdlerConfig, metrics = IdlerMetrics, errors(read))]
pub struct Idler {
    device: Device,
    skipped: bool,
    slot: Slot<u64>,
    calls: u64,
    left: u32,
}

impl Receiver for Idler {
    fn pace(_: &IdlerConfig) -> Pace {
        Pace::every(INTERVAL).idles(true)
    }

    fn open(_: IdlerConfig, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let skipped = cx.skipped().contains(&"slow".to_owned());
        SKIPPED.fetch_add(u32::from(skipped), Ordering::Relaxed);
        Ok(Self { device: cx.device("slow"), skipped, slot: Slot::OFF, calls: 0, left: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, IdlerMetrics>) -> Result<(), Failure<Self>> {
        if !self.slot.is_on() {
            self.slot = series.begin(|m| m.calls, []);
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        self.left = if self.skipped { 0 } else { WANTED };
        out.set(self.slot, self.calls);
        Ok(())
    }

    fn idle(&mut self, slack: &Slack<'_>) -> bool {
        if self.left == 0 {
            return false;
        }
        assert!(slack.left() <= INTERVAL && slack.until() <= Instant::now() + INTERVAL);
        slack.entering(self.device);
        self.calls += SLOW.next().unwrap_or(0);
        self.left -= 1;
        self.left > 0
    }
}

fn start(host: &mut rt::Host) -> rt::Result<()> {
    let recording = host.exporter::<Recording>("recording", RecordingConfig { name: "slack".to_owned() })?;
    host.receiver::<Idler>("idler", IdlerConfig {})?.metrics("metrics/test", (), (&recording,)).start()
}

static PIPELINE: Pipeline =
    Pipeline { name: "slack", file: "test.yaml", hash: "0", telemetry: telemetry_on, holes: &[], start };

fn seen() -> Vec<(Instant, f64)> {
    Recordings::named("slack").points().into_iter().map(|seen| (seen.since, seen.point.value)).collect()
}

#[test]
fn slack_is_used_between_ticks_and_a_hang_in_it_is_left_out() {
    let options =
        RunOptions::default().stuck_after(Duration::from_millis(150)).drain(Duration::from_millis(500));
    let running = Running::start(&PIPELINE, &options);
    let last = || seen().last().map_or(0.0, |(_, value)| *value);
    until("what was read between ticks goes out with the next", || last() >= f64::from(3 * WANTED));
    let values: Vec<_> = seen().into_iter().map(|(_, value)| value).collect();
    assert_eq!(values[0], 0.0, "the first tick does not wait for it");
    let steps: Vec<_> = values.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(steps.iter().all(|step| (0.0..=f64::from(WANTED)).contains(step)), "{steps:?}");

    SLOW.play([Step::Hang]);
    until("the call hangs", || SLOW.hanging() == 1);
    let hung = Instant::now();
    until("opened again without its device", || SKIPPED.load(Ordering::Relaxed) == 1);
    until("ticks again", || seen().iter().any(|(at, _)| *at > hung));
    SLOW.play([Step::Read(1)]);
    until("the device is back", || seen().iter().any(|(at, value)| *at > hung && *value > 0.0));
    running.stop();
}
