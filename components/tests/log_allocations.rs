// SPDX-License-Identifier: Apache-2.0
//! From a receiver that writes records to frames of JSON lines nothing is allocated, whatever
//! passes the processors: a lane with both signals, storm after storm.
#![cfg(feature = "runtime")]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use tracecore_allocations::made;
use tracecore_components::exporters::stdout::{self, Json};
use tracecore_components::processors::{attributes, filter};
use tracecore_runtime::queue::queue;
use tracecore_runtime::testing::{Lane, branch, lane, logs_branch};
use tracecore_runtime::{
    Encodes, Failure, Logs, Metrics, Open, Pace, Processor as _, Receiver, Registrar, Severity, Slot,
    receiver,
};
use tracecore_schema::{Config, Counter, MetricSet, Pattern, Secret};

/// Writes a thousand records a call.
#[derive(Clone, Debug, Config)]
#[config(receiver = "storm", signals(metrics, logs), metrics = StormMetrics, rust = Storm)]
pub struct StormConfig {}

#[derive(MetricSet)]
pub struct StormMetrics {
    /// Records so far.
    #[metric(name = "storm.records", unit = "{record}")]
    pub records: Counter<u64>,
}

const RECORDS: u64 = 1000;

#[receiver(config = StormConfig, metrics = StormMetrics)]
pub struct Storm {
    slot: Slot<u64>,
    records: u64,
}

impl Receiver for Storm {
    fn pace(_: &StormConfig) -> Pace {
        Pace::events(Duration::from_secs(1))
    }

    fn open(_: StormConfig, _: &mut Open<'_>) -> Result<Self, Failure<Self>> {
        Ok(Self { slot: Slot::OFF, records: 0 })
    }

    fn discover(&mut self, series: &mut Registrar<'_, StormMetrics>) -> Result<(), Failure<Self>> {
        self.slot = series.begin(|metrics| metrics.records, []);
        Ok(())
    }

    fn collect(&mut self, out: &mut Self::Out) -> Result<(), Failure<Self>> {
        for number in self.records..self.records + RECORDS {
            let severity = if number % 4 == 0 { Severity::INFO } else { Severity::ERROR };
            out.logs
                .record(number)
                .severity(severity)
                .event_name("gpu.xid")
                .body("NVRM: Xid (PCI:0000:19:00): 79, pid=1234, name=python, GPU has fallen off the bus.")
                .attribute("tracecore.gpu.xid.code", 10 + number % 90)
                .attribute("process.owner", "somebody")
                .attribute_display("hw.pci.address", format_args!("{:08x}:19:00.0", number % 8));
        }
        self.records += RECORDS;
        out.metrics.set(self.slot, self.records);
        Ok(())
    }
}

fn action(action: attributes::Verb, key: &str, value: Option<&str>, to: Option<&str>) -> attributes::Action {
    attributes::Action { key: key.into(), action, value: value.map(Into::into), to: to.map(Into::into) }
}

#[test]
fn a_storm_of_records_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let salt = folder.path().join("salt");
    std::fs::write(&salt, "salt").unwrap();
    let filter = filter::Config {
        min_severity: Some(filter::Level::Warn),
        exclude_attributes: vec![filter::AttributeMatch {
            key: "tracecore.gpu.xid.code".into(),
            value: Pattern::new("1?"),
            metrics: Vec::new(),
            events: Vec::new(),
        }],
        ..filter::Config::default()
    };
    let attributes = attributes::Config {
        actions: vec![
            action(attributes::Verb::Upsert, "host.name", Some("node-1"), None),
            action(attributes::Verb::Hash, "process.owner", None, None),
            action(attributes::Verb::Rename, "hw.pci.address", None, Some("pci_bus_id")),
            action(attributes::Verb::Delete, "absent", None, None),
        ],
        metrics: Vec::new(),
        events: vec![Pattern::new("gpu.*")],
        salt: Some(Secret::file(salt)),
    };
    let (frames, mut receiver) = queue(64 << 20);
    let json = stdout::Config::default();
    let info = lane("storm");
    let metrics = <Json as Encodes<Metrics>>::encoder(&json, frames.clone(), &info);
    let all = <Json as Encodes<Logs>>::encoder(&json, frames.clone(), &info);
    let some = <Json as Encodes<Logs>>::encoder(&json, frames, &info);
    let processors =
        (filter::Filter::open(&filter).unwrap(), attributes::Attributes::open(&attributes).unwrap());
    let branches = (
        (((), branch("storm", (), (metrics,))), logs_branch("storm", (), (all,))),
        logs_branch("storm", processors, (some,)),
    );
    let mut lane = Lane::<Storm, _>::open(StormConfig {}, branches).unwrap();
    let mut storm = || {
        let before = made();
        lane.tick().unwrap();
        let allocations = made() - before;
        let (mut lines, mut passed) = (0, 0);
        while let Some(frame) = receiver.try_next() {
            lines += frame.bytes().iter().filter(|byte| **byte == b'\n').count();
            passed += frame.bytes().windows(10).filter(|window| window == b"pci_bus_id").count();
            receiver.recycle(frame);
        }
        (lines, passed, allocations)
    };
    // Buffers find their size.
    (0..20).for_each(|_| _ = storm());
    for _ in 0..20 {
        let (lines, passed, allocations) = storm();
        assert_eq!(allocations, 0, "in a call with {RECORDS} records");
        assert!((600..750).contains(&passed), "the filter drops a quarter and more: {passed}");
        assert_eq!(lines, 1 + usize::try_from(RECORDS).unwrap() + passed);
    }
    let before = made();
    drop(vec![1]);
    assert_eq!(made() - before, 1);
}
