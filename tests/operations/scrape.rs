// SPDX-License-Identifier: Apache-2.0
//! What a collector shows on both of its ports.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use tracecore_runtime::telemetry::{Format, InitErrorReason, Registry};
use tracecore_runtime::{BuildInfo, Resource, testing};
use tracecore_schema::Role;
use tracecore_schema::telemetry::Level;

/// A limit that only a hang exceeds.
const LIMIT: Duration = Duration::from_secs(30);

/// Names, and for each label of a name the values that it has.
#[derive(Debug, Default)]
pub(crate) struct Scrape(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Scrape {
    /// Both pages of a collector that runs the pipeline `operations`, one run for all tests.
    pub(crate) fn of_a_run() -> &'static Self {
        static SCRAPE: LazyLock<Scrape> = LazyLock::new(run);
        &SCRAPE
    }

    pub(crate) fn labels(&self, name: &str) -> Option<&BTreeMap<String, BTreeSet<String>>> {
        self.0.get(name)
    }

    fn add(&mut self, page: &str) {
        for line in page.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (identity, _) = line.rsplit_once(' ').unwrap();
            let selector = crate::promql::named(identity).selectors.pop().unwrap();
            let labels = self.0.entry(selector.name).or_default();
            for label in selector.matchers {
                labels.entry(label.label).or_default().insert(label.value);
            }
        }
    }
}

fn run() -> Scrape {
    let start = Instant::now();
    let mut scrape = Scrape::default();
    while start.elapsed() < LIMIT {
        if let Some([own, page]) = attempt(start) {
            scrape.add(&own);
            scrape.add(&page);
            scrape.add(&of_trouble());
            return scrape;
        }
    }
    panic!("the collector shows nothing within {LIMIT:?}");
}

/// Both pages as soon as GPUs and rates are there; nothing if somebody else took a port.
fn attempt(start: Instant) -> Option<[String; 2]> {
    let [telemetry, page] = free_addresses();
    let child = Command::new(env!("CARGO_BIN_EXE_collector"))
        .args(["collect", "--pipeline", "operations"])
        .env("TEST_TELEMETRY", &telemetry)
        .env("TEST_PAGE", &page)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut running = Running(child.unwrap());
    while start.elapsed() < LIMIT && running.0.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(50));
        let (Some(own), Some(page)) = (get(&telemetry), get(&page)) else { continue };
        // The share of time is known from the second reading on.
        if page.contains("\nhw_power_watts{") && page.contains("\nsystem_cpu_utilization_ratio{") {
            return Some([own, page]);
        }
    }
    None
}

/// Metrics that have no series until something goes wrong: it goes wrong here.
fn of_trouble() -> String {
    let build = BuildInfo::new("collector", "0.0.0");
    let registry = Registry::new(&build, "", &Resource::detect(&build), Level::Normal);
    testing::fail_registrations(&registry, Some(InitErrorReason::InstrumentRegister));
    let id: Arc<str> = "nvml".into();
    drop(registry.meter(Role::Receiver, &id).u64_counter("nvml.calls").build());
    String::from_utf8(registry.render(Format::Text).unwrap()).unwrap()
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200 ").then(|| body.to_owned())
}

/// Two ports that are free, and differ.
fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}
