// SPDX-License-Identifier: Apache-2.0
//! Lanes from outside: what a collector does when a receiver panics, hangs, or will not open.
//!
//! Receivers here are scripted through statics, one plan per receiver, since a receiver is made
//! by the runtime and not by the test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end here")]
#![allow(missing_docs, unreachable_pub, reason = "nobody reads about the test's own types")]

mod support;

use std::time::{Duration, Instant};

use support::{Running, telemetry_on, until};
use tracecore_runtime::private as rt;
use tracecore_runtime::testing::{Recording, RecordingConfig, Recordings, Script, Step};
use tracecore_runtime::{
    Device, ErrorKind, Failure, Open, Pace, Pipeline, Receiver, Registrar, RunOptions, Slot, receiver,
};
use tracecore_schema::{Attribute, Config, Counter, MetricSet};

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

/// What the receivers with one number do.
struct Plan {
    open: Script<()>,
    devices: [Script<u64>; 4],
}

static PLANS: [Plan; 6] =
    [const { Plan { open: Script::new(()), devices: [const { Script::new(7) }; 4] } }; 6];

#[receiver(config = ScriptedConfig, metrics = ScriptedMetrics, errors(read))]
pub struct Scripted {
    plan: &'static Plan,
    devices: Vec<(Device, u32)>,
    slots: Vec<Slot<u64>>,
}

impl Receiver for Scripted {
    fn pace(_: &ScriptedConfig) -> Pace {
        Pace::every(Duration::from_millis(10))
    }

    fn open(config: ScriptedConfig, cx: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        let plan = &PLANS[config.script];
        plan.open.next().map_err(|cause| ScriptedKind::Init.because(cause))?;
        let skipped = cx.skipped();
        let devices = (1..=config.devices)
            .filter(|device| !skipped.contains(&format!("gpu {device}")))
            .map(|device| (cx.device(&format!("gpu {device}")), device))
            .collect();
        Ok(Self { plan, devices, slots: Vec::new() })
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
        for ((device, number), slot) in self.devices.iter().zip(&self.slots) {
            out.entering(*device);
            let found = self.plan.devices[*number as usize - 1].next();
            out.set(*slot, found.map_err(|cause| ScriptedKind::Read.because(cause))?);
        }
        Ok(())
    }
}

macro_rules! pipeline {
    ($name:ident, $($id:literal => $script:literal x $devices:literal),+) => {{
        fn start(host: &mut rt::Host) -> rt::Result<()> {
            let recording = host.exporter::<Recording>("recording", RecordingConfig { name: "lanes".to_owned() })?;
            $(host
                .receiver::<Scripted>($id, ScriptedConfig { script: $script, devices: $devices })?
                .metrics("metrics/test", (), (&recording,))
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
        let options =
            RunOptions::default().stuck_after(Duration::from_millis(150)).drain(Duration::from_millis(500));
        Running::start(&PIPELINE, &options)
    }};
}

/// When points of `name`, a receiver's id and its device's, were encoded.
fn seen(name: &str) -> Vec<Instant> {
    let (receiver, device) = name.split_once('/').expect("receiver/device");
    let points = Recordings::named("lanes").points().into_iter().filter(|recorded| {
        &*recorded.receiver == receiver && recorded.point.attribute("hw.id").as_deref() == Some(device)
    });
    points.map(|recorded| recorded.since).collect()
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
    PLANS[1].devices[0].play([Step::Panic, Step::Read(8)]);
    until("opened again", || PLANS[1].open.calls() == 2);
    let restarted = Instant::now();
    until("points again", || seen("panics/1").iter().any(|at| *at > restarted));
    let kind = "tracecore_receiver_errors_total{component_id=\"panics\",kind=\"panic\"}";
    assert_eq!(running.metric(kind), Some(1.0));
    assert_eq!(PLANS[2].open.calls(), 1, "the other lane noticed nothing");
    running.stop();
}

#[test]
fn a_receiver_that_cannot_be_opened_is_degraded_and_tried_again() {
    PLANS[3].open.play([Step::Fail("the driver is away")]);
    let running = pipeline!(away, "away" => 3 x 1);
    until("two attempts", || PLANS[3].open.calls() >= 2);
    let init = running.metric("tracecore_receiver_errors_total{component_id=\"away\",kind=\"init\"}");
    assert!(init.is_some_and(|errors| errors >= 1.0), "{init:?}");
    let degraded = running.metric("tracecore_receiver_degraded_seconds_total{component_id=\"away\"}");
    assert!(degraded.is_some_and(|seconds| seconds > 0.3), "R8: from its first moment: {degraded:?}");
    PLANS[3].open.play([Step::Read(())]);
    until("points at last", || !seen("away/1").is_empty());
    running.stop();
}

#[test]
fn a_hung_device_is_left_out_and_taken_back_and_blinds_nobody() {
    let running = pipeline!(hangs, "hangs" => 4 x 4, "beside" => 5 x 1);
    until("all run", || (1..=4).all(|d| !seen(&format!("hangs/{d}")).is_empty()));
    PLANS[4].devices[2].play([Step::Hang]);
    until("the call hangs", || PLANS[4].devices[2].hanging() == 1);
    let hung = Instant::now();
    for device in [1, 2, 4] {
        until("the others come back", || seen(&format!("hangs/{device}")).iter().any(|at| *at > hung));
    }
    assert!(hung.elapsed() < Duration::from_secs(2), "within the limit and a little: {:?}", hung.elapsed());
    assert!(seen("hangs/3").iter().all(|at| *at <= hung), "the hung device shows nothing");
    assert_eq!(PLANS[4].devices[2].hanging(), 1, "one thread is left behind, not more");
    let stuck = running.metric("tracecore_receiver_stuck_since_unix_seconds{component_id=\"hangs\"}");
    assert!(stuck.is_some_and(|since| since > 0.0), "{stuck:?}");
    let beside = seen("beside/1").into_iter().filter(|at| *at > hung).count();
    assert!(beside >= 5, "the lane beside it goes on meanwhile: {beside} ticks");

    PLANS[4].devices[2].play([Step::Read(9)]);
    let returned = Instant::now();
    until("the device comes back", || seen("hangs/3").iter().any(|at| *at > returned));
    until("no longer stuck", || {
        running.metric("tracecore_receiver_stuck_since_unix_seconds{component_id=\"hangs\"}") == Some(0.0)
    });

    PLANS[4].devices[0].play([Step::Hang]);
    until("it hangs again", || PLANS[4].devices[0].hanging() == 1);
    let ended = running.stop();
    PLANS[4].devices[0].play([Step::Read(9)]);
    assert!(ended < Duration::from_millis(1500), "drain budget 500 ms plus at most 1 s: {ended:?}");
}
