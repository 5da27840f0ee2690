// SPDX-License-Identifier: Apache-2.0
//! The contract as a scrape shows it: real renders, exact lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::sync::{Arc, Barrier};
use std::time::Duration;

use opentelemetry::KeyValue;
use tracecore_schema::telemetry::Level;
use tracecore_schema::{Attribute, Role};

use super::{
    EdgeOutcome, ExporterTelemetry, Format, InitErrorReason, ProcessorTelemetry, ReceiverTelemetry,
    RecordReceiver, Registry, RenderError, Route, ServeExit, Status, StatusEvent, report_status,
};
use crate::queue::queue;
use crate::testing::{fail_registrations, registry_without_provider};
use crate::{Absence, BuildInfo, Resource};

fn registry() -> Registry {
    registry_at(Level::Normal)
}

fn registry_at(level: Level) -> Registry {
    let build = BuildInfo::new("tracecore", "1.2.3").built("abc123", "2026-01-01", "x86_64");
    let resource = Resource::new(vec![
        Attribute::new("host.name", "node-1"),
        Attribute::new("service.instance.id", "7"),
    ]);
    Registry::new(&build, "3f2a", &resource, level)
}

fn scrape(registry: &Registry) -> String {
    String::from_utf8(registry.render(Format::Text).unwrap()).unwrap()
}

/// The value of the one line of this series.
fn value(text: &str, series: &str) -> f64 {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let found = lines.next().unwrap_or_else(|| panic!("no `{series}` in:\n{text}"));
    assert_eq!(lines.next(), None, "`{series}` is there twice");
    found.parse().unwrap()
}

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(text.lines().any(|one| one == line), "no `{line}` in:\n{text}");
}

fn receiver(registry: &Registry, id: &str, degraded: bool) -> Arc<ReceiverTelemetry> {
    let receiver = ReceiverTelemetry::new(id.into(), &["read", "mig", "init", "downstream"], degraded);
    registry.add_receiver(&receiver);
    receiver
}

#[test]
fn r1_every_declared_kind_shows_at_zero_from_the_start_and_counts() {
    let registry = registry();
    let nvml = receiver(&registry, "nvml/fast", false);
    let text = scrape(&registry);
    has(&text, "# TYPE tracecore_receiver_errors_total counter");
    for kind in ["read", "mig", "init", "downstream"] {
        let line = format!(r#"tracecore_receiver_errors_total{{component_id="nvml/fast",kind="{kind}"}} 0"#);
        has(&text, &line);
    }
    nvml.error(1);
    nvml.error(1);
    nvml.error(3);
    let text = scrape(&registry);
    has(&text, r#"tracecore_receiver_errors_total{component_id="nvml/fast",kind="mig"} 2"#);
    has(&text, r#"tracecore_receiver_errors_total{component_id="nvml/fast",kind="downstream"} 1"#);
    has(&text, r#"tracecore_receiver_errors_total{component_id="nvml/fast",kind="read"} 0"#);
}

#[test]
fn r2_emissions_of_instances_that_share_an_id_are_summed() {
    let registry = registry();
    receiver(&registry, "nvml", false).emitted(300);
    receiver(&registry, "nvml", false).emitted(20);
    receiver(&registry, "nvml/b", false).emitted(1);
    let text = scrape(&registry);
    has(&text, r#"tracecore_receiver_emissions_total{component_id="nvml"} 320"#);
    has(&text, r#"tracecore_receiver_emissions_total{component_id="nvml/b"} 1"#);
    assert_eq!(value(&text, r#"tracecore_receiver_errors_total{component_id="nvml",kind="read"}"#), 0.0);
}

#[test]
fn r3_latency_is_a_histogram_in_the_same_scrape() {
    let registry = registry();
    let nvml = receiver(&registry, "nvml", false);
    let other = receiver(&registry, "nvml", false);
    nvml.collected(Duration::from_micros(200));
    other.collected(Duration::from_secs(2));
    let text = scrape(&registry);
    let name = "tracecore_receiver_collection_latency_seconds";
    has(&text, &format!("# TYPE {name} histogram"));
    for (bound, below) in [("0.0001", 0), ("0.00025", 1), ("1", 1), ("2.5", 2), ("10", 2), ("+Inf", 2)] {
        has(&text, &format!(r#"{name}_bucket{{component_id="nvml",le="{bound}"}} {below}"#));
    }
    has(&text, &format!(r#"{name}_count{{component_id="nvml"}} 2"#));
    has(&text, &format!(r#"{name}_sum{{component_id="nvml"}} 2.0002"#));
}

#[test]
fn r4_degraded_time_advances_at_every_scrape_of_a_receiver_that_never_recovers() {
    let registry = registry();
    receiver(&registry, "nvml", true);
    receiver(&registry, "clock", false);
    let series = r#"tracecore_receiver_degraded_seconds_total{component_id="nvml"}"#;
    let first = scrape(&registry);
    has(&first, "# TYPE tracecore_receiver_degraded_seconds_total counter");
    has(&first, r#"tracecore_receiver_degraded_seconds_total{component_id="clock"} 0"#);
    std::thread::sleep(Duration::from_millis(5));
    let second = scrape(&registry);
    assert!(value(&first, series) > 0.0, "R8: degraded from its first moment");
    assert!(value(&second, series) >= value(&first, series) + 0.005);
}

#[test]
fn r5_last_activity_is_a_gauge_that_never_starts_at_zero() {
    let registry = registry();
    receiver(&registry, "nvml", false);
    let text = scrape(&registry);
    has(&text, "# TYPE tracecore_receiver_last_activity_unix_seconds gauge");
    assert!(value(&text, r#"tracecore_receiver_last_activity_unix_seconds{component_id="nvml"}"#) > 1.7e9);
}

#[test]
fn the_further_receiver_metrics_are_shown() {
    let registry = registry();
    let nvml = receiver(&registry, "nvml", false);
    nvml.skipped_ticks(3);
    nvml.series(40);
    nvml.absent(Absence::Permission, 2);
    nvml.stuck_since(Some(std::time::UNIX_EPOCH + Duration::from_secs(5)));
    nvml.restarted();
    let text = scrape(&registry);
    for line in [
        r#"tracecore_receiver_skipped_ticks_total{component_id="nvml"} 3"#,
        r#"tracecore_receiver_series{component_id="nvml"} 40"#,
        r#"tracecore_receiver_absent_values{component_id="nvml",reason="permission"} 2"#,
        r#"tracecore_receiver_absent_values{component_id="nvml",reason="lost"} 0"#,
        r#"tracecore_receiver_stuck_since_unix_seconds{component_id="nvml"} 5"#,
        r#"tracecore_component_restarts_total{component_id="nvml"} 1"#,
        r#"tracecore_component_restart_count_per_hour{component_id="nvml"} 1"#,
    ] {
        has(&text, line);
    }
}

#[test]
fn r13_eight_receivers_register_the_same_instruments_at_the_same_time() {
    let registry = registry();
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (registry, barrier) = (&registry, &barrier);
            scope.spawn(move || {
                let id: Arc<str> = format!("nvml/{thread}").into();
                barrier.wait();
                receiver(registry, &id, false).emitted(1);
                let calls = registry.meter(Role::Receiver, &id).u64_counter("nvml.calls").build();
                calls.add(10 + thread, &[KeyValue::new("component_id", id.to_string())]);
            });
        }
    });
    let text = scrape(&registry);
    for thread in 0..8 {
        has(&text, &format!(r#"tracecore_receiver_emissions_total{{component_id="nvml/{thread}"}} 1"#));
        has(&text, &format!(r#"nvml_calls_total{{component_id="nvml/{thread}"}} {}"#, 10 + thread));
    }
    assert!(!text.contains("init_errors"), "nobody fell back:\n{text}");
}

#[test]
fn x1_calls_items_and_queue_are_shown_and_d4_the_fullest_queue() {
    let registry = registry();
    let otlp = ExporterTelemetry::new("otlp".into(), &["connect", "io"]);
    let stdout = ExporterTelemetry::new("stdoutexporter".into(), &["io"]);
    registry.add_exporter(&otlp);
    registry.add_exporter(&stdout);
    let (mut frames, mut otlp_queue) = queue(100);
    otlp.queue(frames.clone());
    let (idle, _stdout_queue) = queue(100);
    stdout.queue(idle);
    for (bytes, items) in [(10, 5), (20, 2), (30, 7)] {
        frames.send(vec![0; bytes], items);
    }
    otlp_queue.try_next().into_iter().for_each(|delivered| otlp_queue.recycle(delivered));
    let _in_flight = otlp_queue.try_next();
    otlp.call_ok();
    otlp.call_failed(1);
    let text = scrape(&registry);
    for line in [
        r#"tracecore_exporter_calls_total{component_id="otlp",kind="",result="success"} 1"#,
        r#"tracecore_exporter_calls_total{component_id="otlp",kind="io",result="failure"} 1"#,
        r#"tracecore_exporter_calls_total{component_id="otlp",kind="connect",result="failure"} 0"#,
        r#"tracecore_exporter_calls_total{component_id="stdoutexporter",kind="",result="success"} 0"#,
        r#"tracecore_exporter_items_total{component_id="otlp",outcome="accepted",reason=""} 14"#,
        r#"tracecore_exporter_items_total{component_id="otlp",outcome="delivered",reason=""} 5"#,
        r#"tracecore_exporter_items_total{component_id="otlp",outcome="dropped",reason="queue_full"} 0"#,
        r#"tracecore_exporter_queued_items{component_id="otlp"} 7"#,
        r#"tracecore_exporter_in_flight_items{component_id="otlp"} 2"#,
        r#"tracecore_queue_depth_ratio{component_id="otlp"} 0.5"#,
        r#"tracecore_queue_depth_ratio{component_id="stdoutexporter"} 0"#,
        "tracecore_queue_depth_ratio 0.5",
    ] {
        has(&text, line);
    }
}

#[test]
fn x2_items_of_a_processor_are_summed_over_its_instances() {
    let registry = registry();
    for (kept, dropped) in [(3, 1), (4, 0)] {
        let filter = ProcessorTelemetry::new("filter".into());
        registry.add_processor(&filter);
        filter.kept(kept);
        filter.dropped(dropped);
    }
    let text = scrape(&registry);
    has(&text, r#"tracecore_processor_items_total{component_id="filter",result="kept"} 7"#);
    has(&text, r#"tracecore_processor_items_total{component_id="filter",result="dropped"} 1"#);
}

#[test]
fn x3_each_reason_can_be_provoked_and_the_component_still_gets_a_meter() {
    let registry = registry();
    let id: Arc<str> = "nvml".into();
    for reason in InitErrorReason::ALL {
        fail_registrations(&registry, Some(reason));
        for _ in 0..2 {
            registry.meter(Role::Receiver, &id).u64_counter("nvml.calls").build().add(1, &[]);
        }
    }
    fail_registrations(&registry, None);
    let text = scrape(&registry);
    for reason in ["nil_provider", "instrument_register", "unsupported_sdk"] {
        has(
            &text,
            &format!(
                "tracecore_selftelemetry_init_errors_total{{component_id=\"nvml\",\
                 component_kind=\"receiver\",reason=\"{reason}\"}} 2"
            ),
        );
    }
    assert!(!text.contains("nvml_calls"), "no-op:\n{text}");
    registry.meter(Role::Receiver, &id).u64_counter("nvml.calls").build().add(1, &[]);
    has(&scrape(&registry), "nvml_calls_total 1");
}

#[test]
fn l4_a_meter_provider_that_fails_stops_nobody() {
    let registry = registry_without_provider();
    let id: Arc<str> = "nvml".into();
    let nvml = receiver(&registry, &id, false);
    nvml.emitted(3);
    registry.meter(Role::Receiver, &id).u64_counter("nvml.calls").build().add(1, &[]);
    registry.info("tracecore.more_info", "More.", &[("fine", "x")]).unwrap();
    registry.sample();
    assert_eq!(registry.init_errors(), [(InitErrorReason::NilProvider, 1)]);
    assert_eq!(registry.render(Format::Text), Err(RenderError::Off), "answered with 500");
    assert_eq!(nvml.emissions(), 3, "and counting goes on");
    registry.shutdown().unwrap();
}

#[test]
fn x3_the_reasons_are_listed_once_each() {
    let names: Vec<_> = InitErrorReason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names, ["nil_provider", "instrument_register", "unsupported_sdk"]);
}

#[test]
fn x3_an_instrument_that_is_the_collectors_own_is_refused() {
    let registry = registry();
    let nvml = receiver(&registry, "nvml", false);
    let meter = registry.meter(Role::Receiver, nvml.id());
    let forged = meter.u64_counter("tracecore.receiver.errors").build();
    forged.add(1_000, &[KeyValue::new("component_id", "nvml"), KeyValue::new("kind", "read")]);
    let text = scrape(&registry);
    has(&text, r#"tracecore_receiver_errors_total{component_id="nvml",kind="read"} 0"#);
    has(
        &text,
        "tracecore_selftelemetry_init_errors_total{component_id=\"nvml\",component_kind=\"receiver\",\
         reason=\"instrument_register\"} 1",
    );
}

#[test]
fn x4_without_telemetry_a_meter_works_and_shows_nothing() {
    let registry = Registry::off();
    let id: Arc<str> = "nvml".into();
    receiver(&registry, &id, false).error(0);
    registry.meter(Role::Receiver, &id).f64_histogram("nvml.took").build().record(1.0, &[]);
    assert_eq!(registry.render(Format::Text), Err(RenderError::Off));
    assert!(!registry.is_on());
    registry.shutdown().unwrap();
}

#[test]
fn x6_the_registry_remembers_the_last_status_of_each_role() {
    let registry = Registry::off();
    let event = |role, status| StatusEvent::new(role, "prometheus", status);
    assert_eq!(registry.status(Role::Receiver, "prometheus"), None);
    report_status(&registry, &event(Role::Receiver, Status::Starting));
    report_status(&registry, &event(Role::Receiver, Status::RecoverableError));
    report_status(&registry, &event(Role::Exporter, Status::Ok));
    assert_eq!(registry.status(Role::Receiver, "prometheus"), Some(Status::RecoverableError));
    assert_eq!(registry.status(Role::Exporter, "prometheus"), Some(Status::Ok));
}

#[test]
fn the_status_tree_is_as_bad_as_its_worst_component() {
    let registry = registry();
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.into()).collect::<Vec<Arc<str>>>();
    for (pipeline, receiver) in [("metrics/gpu", "nvml"), ("metrics/gpu", "clock"), ("metrics/host", "host")]
    {
        registry.add_route(Route {
            pipeline: pipeline.into(),
            receiver: receiver.into(),
            processors: ids(&["filter"]),
            exporters: ids(&["otlp"]),
        });
        registry.reporter(Role::Receiver, &receiver.into()).report(Status::Ok, "");
    }
    assert_eq!(registry.status_tree()["status"], "ok");
    registry.reporter(Role::Processor, &"filter".into()).report(Status::Ok, "");
    registry.reporter(Role::Exporter, &"otlp".into()).report(Status::Starting, "");
    registry.reporter(Role::Receiver, &"nvml".into()).report(Status::RecoverableError, "no driver");
    let tree = registry.status_tree();
    assert_eq!(tree["status"], "recoverable_error");
    let gpu = &tree["components"]["pipeline:metrics/gpu"];
    assert_eq!(gpu["status"], "recoverable_error");
    assert_eq!(tree["components"]["pipeline:metrics/host"]["status"], "starting");
    let components: Vec<_> = gpu["components"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(components, ["receiver:nvml", "processor:filter", "exporter:otlp", "receiver:clock"]);
    let nvml = &gpu["components"]["receiver:nvml"];
    assert_eq!(nvml["reason"], "no driver");
    let since = nvml["since"].as_str().unwrap();
    assert!(since.len() == "2026-11-23T15:00:00.000Z".len() && since.ends_with('Z'), "{since}");
    assert_eq!(gpu["since"], nvml["since"], "in trouble since the first was");
    std::thread::sleep(Duration::from_millis(5));
    registry.reporter(Role::Exporter, &"otlp".into()).report(Status::Ok, "");
    registry.reporter(Role::Receiver, &"nvml".into()).report(Status::Ok, "");
    let tree = registry.status_tree();
    let gpu = &tree["components"]["pipeline:metrics/gpu"];
    assert_eq!((&gpu["status"], &gpu["since"]), (&"ok".into(), &gpu["components"]["receiver:nvml"]["since"]));
    assert_eq!(tree["since"], gpu["since"], "well only since the last of them is");
}

#[test]
fn d6_build_info_is_one_and_a_mangled_label_is_refused() {
    let registry = registry();
    let line = r#"tracecore_build_info{command="tracecore",pipeline_hash="3f2a",revision="abc123",version="1.2.3"} 1"#;
    has(&scrape(&registry), line);
    for bad in ["host.name", "", "1st", "__name", "ü"] {
        let refused =
            registry.info("tracecore.more_info", "More.", &[("fine", "x"), (bad, "x")]).unwrap_err();
        assert!(refused.to_string().contains(&format!("`{bad}`")), "{refused}");
    }
    assert!(!scrape(&registry).contains("more_info"), "an error registers nothing");
    registry.info("tracecore.more_info", "More.", &[("fine", "x")]).unwrap();
    has(&scrape(&registry), r#"tracecore_more_info{fine="x"} 1"#);
}

#[test]
fn d8_process_metrics_and_our_own_are_there() {
    let registry = registry();
    registry.serve_exit(ServeExit::Accept);
    let text = scrape(&registry);
    has(&text, "tracecore_scrape_panics_total 0");
    has(&text, r#"tracecore_serve_exits_total{reason="accept"} 1"#);
    has(&text, r#"tracecore_serve_exits_total{reason="panic"} 0"#);
    assert!(value(&text, "process_cpu_seconds_total") >= 0.0);
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        assert!(value(&text, name) > 0.0, "{name}");
        has(&text, &format!("# TYPE {name} gauge"));
    }
    has(&text, r#"target_info{host_name="node-1",service_instance_id="7"} 1"#);
}

#[test]
fn h8_a_panicking_callback_is_counted_and_the_next_scrape_works() {
    let registry = registry();
    let id: Arc<str> = "nvml".into();
    let nvml = receiver(&registry, &id, false);
    registry
        .meter(Role::Receiver, &id)
        .u64_observable_gauge("nvml.broken")
        .with_callback(|_| panic!("out of luck"))
        .build();
    assert!(matches!(registry.render(Format::Text), Err(RenderError::Panicked(_))), "one scrape is lost");
    nvml.emitted(9);
    let text = scrape(&registry);
    has(&text, r#"tracecore_receiver_emissions_total{component_id="nvml"} 9"#);
    assert!((value(&text, "tracecore_scrape_panics_total") - 1.0).abs() < 0.5, "it is not called again");
}

#[test]
fn there_is_one_scope_and_it_adds_no_label() {
    let registry = registry();
    receiver(&registry, "nvml", false);
    registry.meter(Role::Receiver, &"nvml".into()).u64_counter("nvml.calls").build().add(1, &[]);
    assert!(!scrape(&registry).contains("otel_scope"));
}

#[test]
fn h5_openmetrics_has_its_own_names_and_an_end() {
    let registry = registry();
    let nvml = receiver(&registry, "nvml", false);
    nvml.collected(Duration::from_secs(2));
    let text = String::from_utf8(registry.render(Format::OpenMetrics).unwrap()).unwrap();
    for line in [
        "# TYPE tracecore_receiver_errors counter",
        r#"tracecore_receiver_errors_total{component_id="nvml",kind="read"} 0"#,
        "# TYPE tracecore_build info",
        "# TYPE target info",
        r#"target_info{host_name="node-1",service_instance_id="7"} 1"#,
        "# UNIT tracecore_receiver_degraded_seconds seconds",
        "# TYPE tracecore_receiver_collection_latency_seconds histogram",
        r#"tracecore_receiver_collection_latency_seconds_bucket{component_id="nvml",le="10.0"} 1"#,
        r#"tracecore_receiver_collection_latency_seconds_bucket{component_id="nvml",le="+Inf"} 1"#,
        "# UNIT tracecore_queue_depth_ratio ratio",
    ] {
        has(&text, line);
    }
    assert!(text.ends_with("\n# EOF\n"));
    assert!(!text.contains("# TYPE tracecore_receiver_errors_total"));
}

#[test]
fn shutting_down_twice_does_nothing() {
    let registry = registry();
    registry.shutdown().unwrap();
    registry.shutdown().unwrap();
}

/// Every family at level `detailed`, as text and as OpenMetrics: names, labels and help are what
/// dashboards and alerts depend on. `TRACECORE_UPDATE=1` writes the files anew.
#[test]
fn the_scrape_is_the_golden_one() {
    let registry = registry_at(Level::Detailed);
    let nvml = receiver(&registry, "nvml/fast", false);
    nvml.collected(Duration::from_micros(200));
    nvml.scraped(true);
    nvml.emitted(320);
    nvml.series(320);
    nvml.absent(Absence::Unsupported, 4);
    let otlp = ExporterTelemetry::new("otlp".into(), &["connect", "io"]);
    let (mut frames, _queue) = queue(1000);
    otlp.queue(frames.clone());
    frames.send(vec![0; 100], 7);
    otlp.call_ok();
    registry.add_exporter(&otlp);
    let filter = ProcessorTelemetry::new("filter".into());
    filter.kept(300);
    filter.dropped(20);
    registry.add_processor(&filter);
    let metrics: Arc<str> = "metrics/gpu".into();
    registry.edge(&metrics, &"nvml/fast".into(), &"filter".into()).items(EdgeOutcome::Taken, 320);
    registry.edge(&metrics, &"filter".into(), &"otlp".into()).items(EdgeOutcome::Taken, 300);
    fail_registrations(&registry, Some(InitErrorReason::UnsupportedSdk));
    drop(registry.meter(Role::Receiver, nvml.id()));
    for (format, name) in [(Format::Text, "scrape.txt"), (Format::OpenMetrics, "scrape.openmetrics.txt")] {
        let text = String::from_utf8(registry.render(format).unwrap()).unwrap();
        let found: String = text.lines().map(|line| steady(line) + "\n").collect();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/telemetry/golden").join(name);
        if std::env::var_os("TRACECORE_UPDATE").is_some_and(|update| update == "1") {
            std::fs::write(&path, &found).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == golden, "{} differs from:\n{found}", path.display());
    }
}

/// A line without what differs from run to run.
fn steady(line: &str) -> String {
    let changes = ["process_", "tracecore_receiver_last_activity", "tracecore_exporter_oldest_frame_age"];
    match line.rsplit_once(' ') {
        Some((series, _)) if changes.iter().any(|name| line.starts_with(name)) => {
            format!("{series} (varies)")
        }
        _ => line.to_owned(),
    }
}
