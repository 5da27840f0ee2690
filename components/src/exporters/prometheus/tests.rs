// SPDX-License-Identifier: Apache-2.0
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tracecore_runtime::page::{Clock, Page, PageEncoder};
use tracecore_runtime::testing::{Encoding, lane, open};
use tracecore_runtime::{Page as _, Resource, Slot, stop_tasks};
use tracecore_schema::{Attribute, Descriptor, Instrument, Listen, NumberKind};

use super::format::Exposition;
use super::negotiate::Format;
use super::scrape::Scraper;
use super::{Config, Prometheus, PrometheusKind};

static UTILIZATION: Descriptor = Descriptor {
    name: "hw.gpu.utilization",
    unit: "1",
    description: "How busy the GPU is.\nOne is \"always\"; see C:\\docs.",
    instrument: Instrument::Gauge,
    number: NumberKind::F64,
    attributes: &["hw.id", "hw.gpu.task"],
    spellings: &[],
};
static IO: Descriptor = Descriptor {
    name: "system.network.io",
    unit: "By",
    description: "Bytes that passed.",
    instrument: Instrument::Counter,
    number: NumberKind::U64,
    attributes: &["network.interface.name"],
    spellings: &[],
};
static PROCESSES: Descriptor = Descriptor {
    name: "system.processes.count",
    unit: "{process}",
    description: "",
    instrument: Instrument::UpDownCounter,
    number: NumberKind::I64,
    attributes: &[],
    spellings: &[],
};

type Lane = Encoding<PageEncoder<Exposition>>;

fn resource() -> Resource {
    Resource::new(vec![
        Attribute::new("host.name", "node \"1\""),
        Attribute::new("service.name", "tracecore"),
    ])
}

/// A page with two lanes, both of which have the family of the GPU's utilisation.
fn filled() -> (Page<Exposition>, Clock, Lane, Lane) {
    let clock = Clock::manual();
    let page = Page::with_clock(Exposition::default(), clock.clone());
    let mut gpus = Encoding::new(page.encoder(&lane("nvml")));
    let mut host = Encoding::new(page.encoder(&lane("hostmetrics")));
    let id = |id: &str| vec![Attribute::new("hw.id", id)];
    let busy: [Slot<f64>; 2] = ["GPU-b", "GPU-a"].map(|gpu| gpus.admit(&UTILIZATION, id(gpu)).unwrap());
    let odd = host.admit::<f64>(&UTILIZATION, id("GPU\n\"c\"")).unwrap();
    let io = host.admit::<u64>(&IO, vec![Attribute::new("network.interface.name", "eth0")]).unwrap();
    let processes = host.admit::<i64>(&PROCESSES, vec![]).unwrap();
    gpus.tick(1, |batch| {
        batch.set(busy[0], 0.25);
        batch.set(busy[1], 1.0);
    });
    host.tick(1, |batch| {
        batch.set(odd, f64::NEG_INFINITY);
        batch.set(io, u64::MAX);
        batch.set(processes, -3);
    });
    (page, clock, gpus, host)
}

fn text(scraper: &mut Scraper, format: Format) -> String {
    let answer = scraper.scrape(format, false);
    assert!(!answer.gzip);
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[test]
fn the_text_format() {
    let (page, _, _gpus, _host) = filled();
    let mut scraper = Scraper::new(page.reader(), &resource());
    assert_eq!(
        text(&mut scraper, Format::Text),
        r##"# HELP target_info Target metadata
# TYPE target_info gauge
target_info{host_name="node \"1\"",service_name="tracecore"} 1
# HELP hw_gpu_utilization_ratio How busy the GPU is. One is "always"; see C:\\docs.
# TYPE hw_gpu_utilization_ratio gauge
hw_gpu_utilization_ratio{hw_id="GPU-a"} 1
hw_gpu_utilization_ratio{hw_id="GPU-b"} 0.25
hw_gpu_utilization_ratio{hw_id="GPU\n\"c\""} -Inf
# HELP system_network_io_bytes_total Bytes that passed.
# TYPE system_network_io_bytes_total counter
system_network_io_bytes_total{network_interface_name="eth0"} 18446744073709551615
# TYPE system_processes_count gauge
system_processes_count -3
"##
    );
}

#[test]
fn the_openmetrics_format() {
    let (page, _, _gpus, _host) = filled();
    let mut scraper = Scraper::new(page.reader(), &resource());
    assert_eq!(
        text(&mut scraper, Format::OpenMetrics),
        r##"# HELP target Target metadata
# TYPE target info
target_info{host_name="node \"1\"",service_name="tracecore"} 1
# HELP hw_gpu_utilization_ratio How busy the GPU is. One is \"always\"; see C:\\docs.
# TYPE hw_gpu_utilization_ratio gauge
# UNIT hw_gpu_utilization_ratio ratio
hw_gpu_utilization_ratio{hw_id="GPU-a"} 1
hw_gpu_utilization_ratio{hw_id="GPU-b"} 0.25
hw_gpu_utilization_ratio{hw_id="GPU\n\"c\""} -Inf
# HELP system_network_io_bytes Bytes that passed.
# TYPE system_network_io_bytes counter
# UNIT system_network_io_bytes bytes
system_network_io_bytes_total{network_interface_name="eth0"} 18446744073709551615
# TYPE system_processes_count gauge
system_processes_count -3
# EOF
"##
    );
}

#[test]
fn an_empty_page_is_valid() {
    let page = Page::new(Exposition::default());
    let mut scraper = Scraper::new(page.reader(), &Resource::default());
    assert_eq!(text(&mut scraper, Format::Text), "");
    assert_eq!(text(&mut scraper, Format::OpenMetrics), "# EOF\n");
}

#[test]
fn a_stale_lane_and_a_retired_series_are_not_shown() {
    let (page, clock, mut gpus, host) = filled();
    let mut scraper = Scraper::new(page.reader(), &Resource::default());
    clock.advance(Duration::from_secs(4));
    assert_eq!(text(&mut scraper, Format::Text), "", "nobody has ticked for four intervals");
    let again = gpus.admit::<f64>(&UTILIZATION, vec![Attribute::new("hw.id", "GPU-c")]).unwrap();
    gpus.tick(2, |batch| batch.set(again, f64::NAN));
    assert!(
        text(&mut scraper, Format::Text).ends_with("gauge\nhw_gpu_utilization_ratio{hw_id=\"GPU-c\"} NaN\n")
    );
    gpus.retire(again);
    assert_eq!(text(&mut scraper, Format::Text), "");
    drop(host);
}

#[test]
fn series_that_look_the_same_to_prometheus_are_refused() {
    let page = Page::new(Exposition::default());
    let (mut a, mut b) = (Encoding::new(page.encoder(&lane("a"))), Encoding::new(page.encoder(&lane("b"))));
    a.admit::<f64>(&UTILIZATION, vec![Attribute::new("hw.id", "1")]).unwrap();
    let same = vec![Attribute::new("hw_id", "1"), Attribute::new("empty", "")];
    assert_eq!(
        b.admit::<f64>(&UTILIZATION, same).unwrap_err().0,
        "series `hw_gpu_utilization_ratio{hw_id=\"1\"}` of receiver `b` is there already, from receiver `a`"
    );
}

#[test]
fn metrics_that_would_be_mistaken_for_others_are_refused() {
    static GAUGE: Descriptor = Descriptor { instrument: Instrument::Gauge, ..IO };
    static TOTAL: Descriptor = Descriptor { name: "system.network.io.bytes.total", unit: "", ..GAUGE };
    static TARGET: Descriptor = Descriptor { name: "target.info", unit: "", ..GAUGE };
    static NOTHING: Descriptor = Descriptor { name: "…", unit: "", ..GAUGE };
    let page = Page::new(Exposition::default());
    let (mut a, mut b) = (Encoding::new(page.encoder(&lane("a"))), Encoding::new(page.encoder(&lane("b"))));
    a.admit::<u64>(&IO, vec![]).unwrap();
    let mut refused = |metric| b.admit::<u64>(metric, vec![]).unwrap_err().0;
    assert_eq!(
        refused(&GAUGE),
        "metric `system_network_io_bytes` is a gauge in `By` from receiver `b` and a counter in `By` from \
         receiver `a`"
    );
    assert_eq!(
        refused(&TOTAL),
        "metric `system_network_io_bytes_total` of receiver `b` would be shown as \
         `system_network_io_bytes_total`, as `system_network_io_bytes` of receiver `a` is"
    );
    assert_eq!(
        refused(&TARGET),
        "`target.info` would be shown as `target_info`, which describes the collector itself"
    );
    assert_eq!(refused(&NOTHING), "nothing of the name `…` can be shown to Prometheus");
}

#[test]
fn buffers_go_round_and_small_answers_are_not_compressed() {
    let (page, _, mut gpus, _host) = filled();
    let mut scraper = Scraper::new(page.reader(), &resource());
    let first = scraper.scrape(Format::Text, false).body.as_ptr();
    let second = scraper.scrape(Format::Text, false);
    assert_eq!(second.body.as_ptr(), first, "the buffer came back");
    let held = scraper.scrape(Format::Text, false);
    assert_ne!(held.body.as_ptr(), first, "a slow client keeps its own");

    let plain = text(&mut scraper, Format::Text);
    let packed = scraper.scrape(Format::Text, true);
    assert!(packed.gzip && packed.body.len() < plain.len());
    let mut unpacked = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&*packed.body);
    decoder.read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);

    gpus.tick(2, |_| {});
    let mut small = Scraper::new(Page::new(Exposition::default()).reader(), &resource());
    let answer = small.scrape(Format::OpenMetrics, true);
    assert!(!answer.gzip && answer.body.ends_with(b"# EOF\n"));
}

/// Asks a served page and gives the head and the body of the answer.
fn ask(address: SocketAddr, request: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "{request}\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase(), answer.split_off(end + 4))
}

#[test]
fn a_page_is_served_in_the_format_that_is_asked_for() {
    let (page, _, _gpus, _host) = filled();
    let config = Config { listen: Listen::parse("127.0.0.1:0").unwrap(), ..Config::default() };
    let exporter = open("prometheus", |cx| Prometheus::open(config, page.reader(), cx)).unwrap();
    let address = exporter.address();
    let (stop, stopping) = stop_tasks();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(exporter.serve(stopping)).unwrap();
    });

    let (head, body) = ask(address, "GET /metrics HTTP/1.1");
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    assert!(!head.contains("content-encoding") && !head.contains("\r\nserver:"), "{head}");
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains("\ntarget_info{service_name=\"tracecore\"} 1\n"), "{text}");

    let open_metrics = "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;q=0.5\r\nAccept: text/plain;q=0.3\r\n\
                        Accept-Encoding: gzip";
    let (head, body) = ask(address, open_metrics);
    assert!(
        head.contains("\r\ncontent-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    assert!(head.contains("\r\ncontent-encoding: gzip"), "{head}");
    let mut text = String::new();
    flate2::read::GzDecoder::new(body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text.ends_with("\nsystem_processes_count -3\n# EOF\n"), "{text}");

    let (head, body) = ask(address, "HEAD /metrics HTTP/1.1");
    assert!(head.starts_with("http/1.1 200 ") && body.is_empty(), "{head}");
    assert!(ask(address, "GET / HTTP/1.1").0.starts_with("http/1.1 404 "));
    stop.set();
    server.join().unwrap();
}

#[test]
fn a_port_in_use_keeps_the_exporter_from_opening() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let config = Config { listen: Listen::parse(&address).unwrap(), ..Config::default() };
    let page = Page::new(Exposition::default());
    let fault = open("prometheus", |cx| Prometheus::open(config, page.reader(), cx)).unwrap_err();
    assert_eq!(fault.kind(), PrometheusKind::Init);
    assert_eq!(fault.to_string(), format!("cannot listen on {address}: address in use"));
}
