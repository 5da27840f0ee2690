// SPDX-License-Identifier: Apache-2.0
//! The surface as a client sees it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use tracecore_schema::Listen;
use tracecore_schema::Role;
use tracecore_schema::telemetry::{Config, HttpPath, Level, Paths};

use super::{Health, Surface};
use crate::telemetry::{Format, Registry, Route, Status};
use crate::{BuildInfo, Resource, StopTasks, stop_tasks};

struct Served {
    address: SocketAddr,
    health: Arc<Health>,
    registry: Registry,
    stop: StopTasks,
    thread: JoinHandle<std::io::Result<()>>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn config() -> Config {
    Config { enabled: true, listen: Listen::parse("127.0.0.1:0").unwrap(), ..Config::default() }
}

fn serve(config: &Config) -> Served {
    let registry =
        Registry::new(&BuildInfo::new("tracecore", "1.2.3"), "3f2a", &Resource::default(), Level::Normal);
    let health = Arc::new(Health::new());
    let surface = Surface::bind(config, None, registry.clone(), Arc::clone(&health)).unwrap();
    let address = surface.address().unwrap();
    let (stop, stopping) = stop_tasks();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(surface.serve(stopping))
    });
    Served { address, health, registry, stop, thread }
}

impl Served {
    fn ask(&self, request: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), "")
    }

    fn end(self) -> Registry {
        self.stop.set();
        self.thread.join().unwrap().unwrap();
        self.registry
    }
}

#[test]
fn h1_h2_one_listener_serves_the_three_routes_through_a_life() {
    let served = serve(&config());
    let probes = |served: &Served| (served.get("/healthz").status, served.get("/readyz").status);
    assert_eq!(probes(&served), (200, 503));
    assert_eq!(served.get("/readyz").body, "not ready\n");
    served.health.ready();
    assert_eq!(probes(&served), (200, 200));
    served.health.draining();
    assert_eq!(probes(&served), (200, 503));
    assert_eq!(served.get("/readyz").body, "shutting down\n");
    served.health.stopping();
    assert_eq!(probes(&served), (503, 503));
    let metrics = served.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{}",
        metrics.head
    );
    assert!(metrics.body.contains("tracecore_build_info{"), "{}", metrics.body);
    served.end();
}

#[test]
fn h3_head_answers_as_get_does_without_a_body() {
    let served = serve(&config());
    served.health.ready();
    for path in ["/metrics", "/healthz", "/readyz"] {
        let head = served.ask(&format!("HEAD {path}"), "");
        let get = served.get(path);
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert!(!get.body.is_empty());
        let kind = |answer: &Answer| {
            answer.head.lines().find(|line| line.starts_with("content-type")).unwrap().to_owned()
        };
        assert_eq!(kind(&head), kind(&get), "{path}");
    }
    served.end();
}

#[test]
fn h3_other_methods_get_405_and_unknown_paths_404() {
    let served = serve(&config());
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        for path in ["/metrics", "/healthz", "/readyz"] {
            assert_eq!(served.ask(&format!("{method} {path}"), "").status, 405, "{method} {path}");
        }
    }
    for path in ["/", "/metrics/", "/metric", "/healthz/x", "/%2e%2e/metrics"] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
    served.end();
}

#[test]
fn h4_probes_speak_text_or_json_and_are_not_to_be_cached() {
    let served = serve(&config());
    let text = served.get("/healthz");
    assert_eq!(text.body, "ok\n");
    assert!(text.head.contains("content-type: text/plain; charset=utf-8"), "{}", text.head);
    let json = served.ask("GET /readyz", "Accept: application/json\r\n");
    assert_eq!((json.status, json.body.as_str()), (503, r#"{"status":"not ready"}"#));
    assert!(json.head.contains("content-type: application/json"), "{}", json.head);
    for answer in [&text, &json] {
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
        assert!(!answer.head.contains("\r\nserver:"), "{}", answer.head);
    }
    let malformed = served.ask("GET /healthz", "Accept: application/json;;q=\r\n");
    assert_eq!(malformed.body, "ok\n");
    served.end();
}

#[test]
fn h5_metrics_speak_openmetrics_when_asked() {
    let served = serve(&config());
    let answer = served.ask("GET /metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n");
    assert!(
        answer.head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{}",
        answer.head
    );
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    served.end();
}

#[test]
fn h6_a_port_in_use_is_an_error_at_once_that_names_the_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = Listen::parse(&taken.local_addr().unwrap().to_string()).unwrap();
    let config = Config { listen: listen.clone(), ..config() };
    let error = Surface::bind(&config, None, Registry::off(), Arc::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[test]
fn h8_a_panicking_metric_does_not_keep_the_next_scrape_from_working() {
    let served = serve(&config());
    let meter = served.registry.meter(Role::Receiver, &"nvml".into());
    meter.u64_observable_gauge("nvml.broken").with_callback(|_| panic!("out of luck")).build();
    let broken = served.get("/metrics");
    assert_eq!(broken.status, 500);
    assert!(broken.body.contains("panic"), "{}", broken.body);
    for _ in 0..2 {
        let again = served.get("/metrics");
        assert_eq!(again.status, 200, "the next scrape works");
        assert!(again.body.contains("\ntracecore_scrape_panics_total 1\n"), "{}", again.body);
        assert!(!again.body.contains("nvml_broken"), "without the values of the broken metric");
    }
    served.end();
}

#[test]
fn h8_metrics_that_cannot_be_shown_are_answered_with_500() {
    let registry = Registry::off();
    let health = Arc::new(Health::new());
    let answer = super::metrics(&registry, &axum::http::HeaderMap::new());
    assert_eq!(answer.status(), 500);
    drop(health);
}

#[test]
fn d8_an_end_is_counted_by_its_reason() {
    let registry = serve(&config()).end();
    let text = String::from_utf8(registry.render(Format::Text).unwrap()).unwrap();
    assert!(text.contains("tracecore_serve_exits_total{reason=\"shutdown\"} 1\n"), "{text}");
    assert!(text.contains("tracecore_serve_exits_total{reason=\"accept\"} 0\n"), "{text}");
}

#[test]
fn paths_are_the_operators_choice_and_level_none_serves_probes_alone() {
    let path = |text| HttpPath::parse(text).unwrap();
    let paths = Paths { metrics: path("/a/m"), healthz: path("/live"), readyz: path("/r") };
    let served = serve(&Config { paths: paths.clone(), ..config() });
    assert_eq!((served.get("/a/m").status, served.get("/live").status), (200, 200));
    assert_eq!((served.get("/metrics").status, served.get("/r").status), (404, 503));
    served.end();
    let served = serve(&Config { level: Level::None, paths, ..config() });
    assert_eq!((served.get("/a/m").status, served.get("/live").status), (404, 200));
    served.end();
}

#[test]
fn probes_tell_every_components_state_if_asked_verbosely() {
    let served = serve(&config());
    served.registry.add_route(Route {
        pipeline: "metrics/gpu".into(),
        receiver: "nvml".into(),
        processors: Vec::new(),
        exporters: vec!["prometheus".into()],
    });
    served.registry.reporter(Role::Exporter, &"prometheus".into()).report(Status::Ok, "");
    let nvml = served.registry.reporter(Role::Receiver, &"nvml".into());
    nvml.report(Status::RecoverableError, "cannot open: \"no\" driver");
    served.health.ready();
    for path in ["/readyz?verbose", "/readyz?a=b&verbose=1"] {
        let answer = served.get(path);
        assert_eq!(answer.status, 200, "degraded is not unready");
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
        let tree: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (&tree["status"], &tree["component_status"]),
            (&"ready".into(), &"recoverable_error".into())
        );
        let of = &tree["components"]["pipeline:metrics/gpu"]["components"];
        assert_eq!(of["receiver:nvml"]["reason"], "cannot open: \"no\" driver");
        assert_eq!(of["exporter:prometheus"]["status"], "ok");
    }
    let alive: serde_json::Value = serde_json::from_str(&served.get("/healthz?verbose").body).unwrap();
    assert_eq!((&alive["status"], &alive["component_status"]), (&"ok".into(), &"recoverable_error".into()));
    assert_eq!(served.get("/readyz?verbose=false").body, "ready\n");
    assert_eq!(served.get("/readyz?quiet").body, "ready\n");
    served.end();
}

#[test]
fn h2_degraded_is_not_unready_unless_the_operator_says_so() {
    for (unready_after, ready) in
        [(None, 200), (Some(Duration::from_secs(60)), 200), (Some(Duration::ZERO), 503)]
    {
        let served = serve(&Config { unready_after, ..config() });
        served.health.ready();
        let nvml = served.registry.reporter(Role::Receiver, &"nvml".into());
        nvml.report(Status::RecoverableError, "no driver");
        assert_eq!(served.get("/readyz").status, ready, "{unready_after:?}");
        assert_eq!(served.get("/healthz").status, 200, "a restart would not help");
        nvml.report(Status::Ok, "");
        assert_eq!(served.get("/readyz").status, 200);
        served.end();
    }
}

#[test]
fn h10_scrapes_can_be_limited_and_probes_are_not() {
    let served = serve(&Config { max_scrapes_per_second: Some(2), ..config() });
    let answers: Vec<_> = (0..6).map(|_| served.get("/metrics")).collect();
    assert_eq!(answers[0].status, 200);
    let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!((refused.status, refused.body.as_str()), (429, "too many scrapes a second\n"));
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    assert!((0..20).all(|_| served.get("/healthz").status == 200));
    served.end();
}

#[test]
fn a_body_sent_to_a_probe_is_not_read_and_does_no_harm() {
    let served = serve(&config());
    for method in ["GET", "HEAD", "POST"] {
        let mut stream = TcpStream::connect(served.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "{method} /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n").unwrap();
        let wanted = if method == "POST" { "HTTP/1.1 405" } else { "HTTP/1.1 200" };
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), wanted, "{method}");
    }
    let mut chunked = TcpStream::connect(served.address).unwrap();
    write!(chunked, "GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").unwrap();
    assert_eq!(served.get("/healthz").status, 200);
    served.end();
}

#[test]
fn path_tricks_lead_nowhere() {
    let served = serve(&config());
    for path in [
        "//metrics",
        "/./metrics",
        "/x/../metrics",
        "/METRICS",
        "/metrics%00",
        "/metrics%2f",
        "/%6detrics",
        "/metrics;x=1",
        "/metrics/..",
        "*",
    ] {
        let answer = served.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
    }
    assert_eq!(served.get("/metrics?verbose&x=%00").status, 200, "a query changes nothing");
    assert_eq!(served.get("http://elsewhere/metrics").status, 200, "the form that proxies use");
    served.end();
}

#[test]
fn h9_a_listener_that_dies_is_an_error_and_counted() {
    let registry =
        Registry::new(&BuildInfo::new("tracecore", "1.2.3"), "3f2a", &Resource::default(), Level::Normal);
    // No socket at all, which is as dead as a listener can be.
    let listener = TcpListener::from(OwnedFd::from(File::open("/dev/null").unwrap()));
    let router = Router::new();
    let surface = Surface { listener, tls: None, router, registry: registry.clone() };
    let (_stop, stopping) = stop_tasks();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(surface.serve(stopping)).unwrap_err();
    let text = String::from_utf8(registry.render(Format::Text).unwrap()).unwrap();
    assert!(text.contains("tracecore_serve_exits_total{reason=\"accept\"} 1\n"), "{text}");
}
