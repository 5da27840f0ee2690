// SPDX-License-Identifier: Apache-2.0
//! A collector in a process of its own, scraped and signalled as a node's is.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::page::Page;

/// The stuck limit (10 s) and the time between two looks for GPUs (10 s) are the longest that
/// anything here has to wait for.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

/// A collector that runs; it ends with its test.
pub(crate) struct Running {
    child: Child,
    page: String,
    telemetry: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Running {
    /// Starts the pipeline `nvml` with this library.
    pub(crate) fn start(library: &Path) -> Self {
        Self::paced(library, "250ms")
    }

    /// The same with another collection interval of the GPUs.
    pub(crate) fn paced(library: &Path, interval: &str) -> Self {
        // A port that is free now may be somebody else's a moment later.
        for _ in 0..5 {
            let mut running = Self::spawn(library, interval);
            let start = Instant::now();
            while start.elapsed() < LIMIT {
                // The collector's own surface is up before its components are.
                let up = |address: &str, path| running.get(address, path).is_some();
                if up(&running.telemetry, "/healthz") && up(&running.page, "/metrics") {
                    return running;
                }
                if running.child.try_wait().unwrap().is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
            if !running.says("in use") {
                panic!("the collector does not start: {}", running.told());
            }
        }
        panic!("no free port in five attempts");
    }

    fn spawn(library: &Path, interval: &str) -> Self {
        let [page, telemetry] = free_addresses();
        let mut child = Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["collect", "--pipeline", "nvml"])
            .env("TEST_LIBRARY", library)
            .env("TEST_INTERVAL", interval)
            .env("TEST_PAGE", &page)
            .env("TEST_TELEMETRY", &telemetry)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = Arc::clone(&log);
        thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| told.lock().unwrap().push(line));
        });
        Self { child, page, telemetry, log }
    }

    /// What the Prometheus exporter shows.
    pub(crate) fn page(&self) -> Page {
        self.scrape(&self.page)
    }

    /// What the collector says of itself.
    pub(crate) fn own(&self) -> Page {
        self.scrape(&self.telemetry)
    }

    fn scrape(&self, address: &str) -> Page {
        let (status, body) = self.get(address, "/metrics").unwrap_or_default();
        assert_eq!(status, 200, "a scrape of {address}: {}", self.told());
        Page::read(body)
    }

    /// The status with which a probe is answered.
    pub(crate) fn probe(&self, path: &str) -> u16 {
        self.get(&self.telemetry, path).map(|(status, _)| status).unwrap_or_default()
    }

    fn get(&self, address: &str, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }

    /// A page as soon as it is as wanted; how long that took comes with it.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&Page) -> bool) -> (Page, Duration) {
        let start = Instant::now();
        loop {
            let page = self.page();
            if wanted(&page) {
                return (page, start.elapsed());
            }
            assert!(
                start.elapsed() < LIMIT,
                "not within {LIMIT:?}: {what}\n{}\n{}",
                page.text(),
                self.told()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it says of itself, as soon as it is as wanted.
    #[track_caller]
    pub(crate) fn until_own(&self, what: &str, wanted: impl Fn(&Page) -> bool) -> Page {
        let start = Instant::now();
        loop {
            let own = self.own();
            if wanted(&own) {
                return own;
            }
            assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}\n{}\n{}", own.text(), self.told());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the log says something.
    #[track_caller]
    pub(crate) fn until_says(&self, what: &str) {
        let start = Instant::now();
        while !self.says(what) {
            assert!(start.elapsed() < LIMIT, "`{what}` is not in the log: {}", self.told());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether the log has said something.
    pub(crate) fn says(&self, what: &str) -> bool {
        self.lines(what) > 0
    }

    /// How many lines of the log say something.
    pub(crate) fn lines(&self, what: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|line| line.contains(what)).count()
    }

    /// The log so far.
    pub(crate) fn told(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Ends it by SIGTERM; says how and how long that took.
    pub(crate) fn terminate(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        let sent = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, start.elapsed());
            }
            assert!(start.elapsed() < LIMIT, "it does not end: {}", self.told());
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two ports that are free, and differ.
fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}
