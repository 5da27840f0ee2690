// SPDX-License-Identifier: Apache-2.0
//! Probes, states and metrics while components come, fail and go.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracecore_runtime::private as rt;
use tracecore_runtime::telemetry::Status;
use tracecore_runtime::{BuildInfo, Collector};
use tracecore_schema::Role;

use crate::pipeline;
use crate::support::{
    EVENTS, Running, SCRIPTS, Sieve, SieveConfig, Sink, SinkConfig, Source, SourceConfig, listen_to_log,
    logged, options, until,
};

fn sink(script: usize) -> SinkConfig {
    SinkConfig { script, picky: false }
}

/// The driver is absent, comes, is lost, and comes back.
#[test]
fn states_probes_and_metrics_follow_a_driver_that_comes_and_goes() {
    let script = &SCRIPTS[0];
    script.open_fails.store(true, Ordering::SeqCst);
    let running = Running::start(pipeline!(Normal, |host| {
        let sink = host.exporter::<Sink>("sink", sink(0))?;
        let sieve = host.processor::<Sieve>("sieve", SieveConfig {})?;
        host.receiver::<Source>("source", SourceConfig { script: 0 })?
            .metrics("metrics/a", (&sieve,), (&sink,))
            .start()
    }));
    let source = || running.status("metrics/a", "receiver:source");
    let success = "tracecore_receiver_scrape_success{component_id=\"source\"}";

    until("ready though degraded", || running.get("/readyz").0 == 200);
    assert_eq!(source(), ("recoverable_error".to_owned(), "cannot open: the driver is away".to_owned()));
    assert!(running.metric(success) == 0.0);
    assert_eq!(running.status("metrics/a", "exporter:sink").0, "ok");
    assert_eq!(running.status("metrics/a", "processor:sieve").0, "ok");
    assert_eq!(running.get("/healthz").0, 200, "a restart would not help");

    script.open_fails.store(false, Ordering::SeqCst);
    until("it works", || source() == ("ok".to_owned(), String::new()));
    until("it reads", || running.metric(success) == 1.0);
    assert!(running.metric("tracecore_receiver_scrape_duration_seconds{component_id=\"source\"}") > 0.0);
    assert!(running.metric("tracecore_receiver_series{component_id=\"source\"}") == 3.0);

    script.collect_fails.store(true, Ordering::SeqCst);
    until("it fails", || source() == ("recoverable_error".to_owned(), "nothing to read".to_owned()));
    until("and says so", || running.metric(success) == 0.0);
    assert_eq!((running.get("/readyz").0, running.get("/healthz").0), (200, 200));

    script.collect_fails.store(false, Ordering::SeqCst);
    until("it recovers", || source() == ("ok".to_owned(), String::new()));
    until("and reads", || running.metric(success) == 1.0);

    script.delivery_fails.store(true, Ordering::SeqCst);
    let exporter = || running.status("metrics/a", "exporter:sink");
    until("the exporter says why", || {
        exporter() == ("recoverable_error".to_owned(), "the disk is full".to_owned())
    });
    until("and how often", || running.metric("tracecore_exporter_failure_rate") > 0.0);
    script.delivery_fails.store(false, Ordering::SeqCst);
    until("the exporter recovers", || exporter().0 == "ok");
    let registry = running.registry.clone();
    running.stop();
    for (role, id) in [(Role::Receiver, "source"), (Role::Processor, "sieve"), (Role::Exporter, "sink")] {
        assert_eq!(registry.status(role, id), Some(Status::Stopped), "{id}");
    }
}

#[test]
fn a_hung_call_is_told_with_its_state_and_shown_as_no_success() {
    let running = Running::start(pipeline!(Normal, |host| {
        let sink = host.exporter::<Sink>("sink", sink(1))?;
        host.receiver::<Source>("source", SourceConfig { script: 1 })?
            .metrics("metrics", (), (&sink,))
            .start()
    }));
    let success = "tracecore_receiver_scrape_success{component_id=\"source\"}";
    until("it reads", || running.metric(success) == 1.0);
    SCRIPTS[1].collect_hangs.store(true, Ordering::SeqCst);
    until("the state says so", || {
        let (status, reason) = running.status("metrics", "receiver:source");
        status == "recoverable_error" && reason.starts_with("a call has not returned for ")
            || running.metric("tracecore_receiver_stuck_since_unix_seconds{component_id=\"source\"}") > 0.0
    });
    assert_eq!(running.get("/healthz").0, 200, "the other lanes go on");
    SCRIPTS[1].collect_hangs.store(false, Ordering::SeqCst);
    until("it reads again", || running.metric(success) == 1.0);
    running.stop();
}

#[test]
fn h2_ready_once_every_first_open_has_returned_failed_or_not() {
    SCRIPTS[2].open_hangs.store(true, Ordering::SeqCst);
    SCRIPTS[3].open_fails.store(true, Ordering::SeqCst);
    let patient = options().stuck_after(Duration::from_secs(60));
    let pipeline = pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", sink(2))?;
        host.receiver::<Source>("fails", SourceConfig { script: 3 })?
            .metrics("metrics", (), (&sink,))
            .start()?;
        host.receiver::<Source>("hangs", SourceConfig { script: 2 })?.metrics("metrics", (), (&sink,)).start()
    });
    let running = Running::start_with(pipeline, &patient);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!((running.get("/readyz").0, running.get("/healthz").0), (503, 200), "one has not returned");
    SCRIPTS[2].open_hangs.store(false, Ordering::SeqCst);
    until("ready", || running.get("/readyz").0 == 200);
    assert_eq!(running.status("metrics", "receiver:fails").0, "recoverable_error", "degraded and ready");
    running.stop();
}

#[test]
fn h2_an_open_that_runs_for_5_seconds_holds_up_readiness_no_longer() {
    SCRIPTS[12].open_hangs.store(true, Ordering::SeqCst);
    let patient = options().stuck_after(Duration::from_secs(60));
    let start = Instant::now();
    let pipeline = pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", sink(12))?;
        host.receiver::<Source>("hangs", SourceConfig { script: 12 })?
            .metrics("metrics", (), (&sink,))
            .start()
    });
    let running = Running::start_with(pipeline, &patient);
    until("ready", || running.get("/readyz").0 == 200);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(4_900), "{took:?}");
    SCRIPTS[12].open_hangs.store(false, Ordering::SeqCst);
    running.stop();
}

#[test]
fn l1_the_surface_starts_first_then_exporters_processors_and_receivers() {
    let running = Running::start(pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", sink(4))?;
        host.receiver::<Source>("source", SourceConfig { script: 4 })?
            .metrics("metrics", (), (&sink,))
            .start()
    }));
    until("ready", || running.get("/readyz").0 == 200);
    let events = EVENTS.lock().unwrap().clone();
    let at = |what: &str| events.iter().position(|event| event == what).unwrap();
    assert!(at("exporter opens 4") < at("receiver opens 4"));
    running.stop();
}

#[test]
fn x4_a_component_is_told_who_it_is_and_where_it_runs() {
    let running = Running::start(pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", sink(5))?;
        host.receiver::<Source>("source/x4", SourceConfig { script: 5 })?
            .metrics("metrics", (), (&sink,))
            .start()
    }));
    until("its own metric is shown", || running.metric("source_opens_total") >= 1.0);
    let told = "source/x4 test 1.2.3 [\"host.name\", \"service.instance.id\", \"service.name\", \"service.version\"] 5";
    assert!(EVENTS.lock().unwrap().iter().any(|event| event == told), "{:?}", EVENTS.lock().unwrap());
    running.stop();
}

#[test]
fn d3_an_exporter_shared_by_two_pipelines_and_the_edges_of_each() {
    let running = Running::start(pipeline!(Detailed, |host| {
        let sink = host.exporter::<Sink>("sink", sink(6))?;
        let picky = host.exporter::<Sink>("sink/picky", SinkConfig { script: 6, picky: true })?;
        let sieve = host.processor::<Sieve>("sieve", SieveConfig {})?;
        host.receiver::<Source>("source", SourceConfig { script: 6 })?
            .metrics("metrics/a", (&sieve,), (&sink, &picky))
            .metrics("metrics/b", (), (&sink,))
            .start()
    }));
    let edge = |pipeline: &str, from: &str, to: &str, outcome: &str| {
        let labels = format!("from=\"{from}\",outcome=\"{outcome}\",pipeline=\"{pipeline}\",to=\"{to}\"");
        format!("tracecore_pipeline_edge_items_total{{{labels}}}")
    };
    until("points", || running.metric(&edge("metrics/b", "source", "sink", "taken")) >= 30.0);
    SCRIPTS[6].collect_fails.store(true, Ordering::SeqCst);
    until("it stands still", || {
        running.metric("tracecore_receiver_errors_total{component_id=\"source\",kind=\"read\"}") >= 2.0
    });
    // Three are read; the sieve drops one of them, and the picky one refuses one more.
    let ticks = running.metric("tracecore_receiver_emissions_total{component_id=\"source\"}") / 3.0;
    for (pipeline, from, to, outcome, each) in [
        ("metrics/a", "source", "sieve", "taken", 3.0),
        ("metrics/a", "sieve", "sink", "taken", 2.0),
        ("metrics/a", "sieve", "sink", "refused", 0.0),
        ("metrics/a", "sieve", "sink/picky", "taken", 1.0),
        ("metrics/a", "sieve", "sink/picky", "refused", 1.0),
        ("metrics/b", "source", "sink", "taken", 3.0),
    ] {
        let items = running.metric(&edge(pipeline, from, to, outcome));
        assert!(items == each * ticks, "{pipeline} {from} {to} {outcome}: {items} in {ticks} ticks");
    }
    let page = running.get("/metrics").1;
    let calls = "tracecore_exporter_calls_total{component_id=\"sink\",kind=\"\",result=\"success\"} ";
    assert_eq!(page.matches(calls).count(), 1, "one series of what two pipelines share:\n{page}");
    running.stop();
}

#[test]
fn h7_starting_twice_is_an_error_and_stopping_twice_or_too_late_does_nothing() {
    let pipeline = pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink", sink(7))?;
        host.receiver::<Source>("source", SourceConfig { script: 7 })?
            .metrics("metrics", (), (&sink,))
            .start()
    });
    // A collector that starts is consumed by `wait`, so a second start is a second collector,
    // and that finds its port taken: `h6_a_port_in_use_is_an_error_at_once_that_names_the_address`.
    let never_waited_for = Collector::start(pipeline, &options(), BuildInfo::new("test", "0")).unwrap();
    let stopper = never_waited_for.stopper();
    stopper.stop();
    stopper.stop();
    let start = Instant::now();
    never_waited_for.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "stopped before it was waited for");
    stopper.stop();
    stopper.reload();
    let failed = pipeline!(Basic, |_host| { Err(rt::RunError::Runtime("no luck".to_owned())) });
    let why = Collector::start(failed, &options(), BuildInfo::new("test", "0")).unwrap_err();
    assert_eq!(why.to_string(), "no luck");
    let running = Running::start(pipeline);
    running.registry.shutdown().unwrap();
    running.registry.shutdown().unwrap();
    running.stop();
}

#[test]
fn l3_what_goes_wrong_at_the_end_is_logged() {
    listen_to_log();
    let running = Running::start(pipeline!(Basic, |host| {
        let sink = host.exporter::<Sink>("sink/l3", sink(8))?;
        host.receiver::<Source>("source/l3", SourceConfig { script: 8 })?
            .metrics("metrics", (), (&sink,))
            .start()
    }));
    until("it delivers", || SCRIPTS[8].delivered.load(Ordering::SeqCst) > 3);
    SCRIPTS[8].delivery_hangs.store(true, Ordering::SeqCst);
    SCRIPTS[8].collect_hangs.store(true, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(50));
    let took = running.stop();
    SCRIPTS[8].collect_hangs.store(false, Ordering::SeqCst);
    SCRIPTS[8].delivery_hangs.store(false, Ordering::SeqCst);
    assert!(logged(&["WARN", "left behind in a call that has not returned", "source/l3"]));
    assert!(took < Duration::from_millis(1400), "L2: at most 1 s beyond the drain of 400 ms: {took:?}");
}
