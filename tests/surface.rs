// SPDX-License-Identifier: Apache-2.0
//! The collector's own surface from outside, as a process: encryption, signals, what the
//! configuration of it may say (contract C1-C3, D6, H12, R6).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

#[path = "surface/client.rs"]
mod client;
#[path = "surface/story.rs"]
mod story;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use client::{Authority, Client};

/// A limit that only a hang exceeds.
const LIMIT: Duration = Duration::from_secs(30);

fn collector() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_collector"));
    command.env_remove("NO_COLOR");
    command
}

struct Running {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Running {
    fn start(pipeline: &str, host: &str, variables: &[(&str, PathBuf)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = collector()
            .args(["collect", "--pipeline", pipeline])
            .env("TEST_TELEMETRY", format!("{host}:{port}"))
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, into) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| into.lock().unwrap().push(line));
        });
        Self { child, address: format!("127.0.0.1:{port}"), log, reader }
    }

    fn until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !condition(self) {
            if start.elapsed() > LIMIT {
                let _ = self.child.kill();
                panic!("never: {what}\n{:#?}", self.log.lock().unwrap());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn says(&self, words: &[&str]) -> bool {
        self.log.lock().unwrap().iter().any(|line| words.iter().all(|word| line.contains(word)))
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    fn end(mut self) -> (Option<i32>, Vec<String>) {
        self.signal("TERM");
        let start = Instant::now();
        let code = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if start.elapsed() > LIMIT => {
                    self.child.kill().unwrap();
                    panic!("the collector does not end");
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        self.reader.join().unwrap();
        let log = self.log.lock().unwrap().clone();
        (code, log)
    }
}

struct Files {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), authority: Authority::new() };
        files.renew();
        fs::write(files.path("ca.crt"), files.authority.pem()).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn renew(&self) {
        let (certificate, key) = self.authority.certificate();
        fs::write(self.path("tls.crt"), certificate).unwrap();
        fs::write(self.path("tls.key"), key).unwrap();
    }

    fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let files = [("TEST_CERT", "tls.crt"), ("TEST_KEY", "tls.key"), ("TEST_CLIENT_CA", "ca.crt")];
        files.map(|(variable, file)| (variable, self.path(file))).to_vec()
    }
}

#[test]
fn h12_sighup_reads_certificates_again_and_keeps_the_old_ones_if_the_new_are_of_no_use() {
    let files = Files::new();
    let mut running = Running::start("secure", "localhost", &files.variables());
    let known = Client::new(&files.authority).with(files.authority.certificate());
    running.until("ready", |running| {
        known.get(&running.address, "/readyz").is_some_and(|answer| answer.status == 200)
    });
    let stranger = Client::new(&files.authority).with(Authority::new().certificate());
    assert!(stranger.get(&running.address, "/readyz").is_none(), "of another authority");
    assert!(
        Client::new(&files.authority).get(&running.address, "/readyz").is_none(),
        "without a certificate"
    );

    let first = known.get(&running.address, "/healthz").unwrap().certificate;
    files.renew();
    running.signal("HUP");
    running.until("it says so", |running| running.says(&["INFO", "read again"]));
    let second = known.get(&running.address, "/healthz").unwrap().certificate;
    assert!(first != second, "the next connection has the new one");

    fs::write(files.path("tls.crt"), "nothing of use").unwrap();
    running.signal("HUP");
    running.until("it says so", |running| running.says(&["ERROR", "stay as they were", "tls.crt"]));
    assert!(known.get(&running.address, "/healthz").unwrap().certificate == second);

    let page = known.get(&running.address, "/metrics").unwrap().body;
    let line = "tracecore_receiver_emissions_total{component_id=\"clockreceiver/fast\"}";
    assert!(page.contains(line), "R6: `kind/name` as written: {page}");
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("without encryption")), "{log:#?}");
    // D6: the hash in the metric is the one of the pipeline that was compiled in.
    let hash = log.iter().find_map(|line| line.split("hash=").nth(1)?.split(' ').next()).unwrap();
    assert!(page.contains(&format!("pipeline_hash=\"{}\"", hash.trim_matches('"'))), "{hash}\n{page}");
}

#[test]
fn h12_certificates_that_are_of_no_use_end_the_start_with_2_and_name_the_file() {
    let files = Files::new();
    fs::write(files.path("tls.key"), Authority::new().certificate().1).unwrap();
    let ended =
        collector().args(["collect", "--pipeline", "secure"]).envs(files.variables()).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("`telemetry.tls`: ") && said.contains("tls.key"), "{said}");
    assert!(said.contains("does not belong to the certificate in"), "{said}");
    let ended = collector().args(["collect", "--pipeline", "secure"]).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("/run/secrets/"), "{said}");
}

#[test]
fn h12_plain_http_beyond_this_machine_is_warned_of_with_what_to_do() {
    let mut running = Running::start("default", "0.0.0.0", &[]);
    running.until("it says so", |running| {
        running.says(&["WARN", "without encryption", "`telemetry.listen`", "`telemetry.tls`"])
    });
    assert_eq!(running.end().0, Some(0));
    let mut running = Running::start("default", "localhost", &[]);
    running.until("ready", |running| running.says(&["INFO", "ready"]));
    let (_, log) = running.end();
    assert!(!log.iter().any(|line| line.contains("without encryption")), "{log:#?}");
}

#[test]
fn c2_the_same_function_decides_on_a_path_at_start_up() {
    let ended = collector()
        .args(["collect", "--pipeline", "secure"])
        .env("TEST_METRICS_PATH", "/a b")
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    for words in ["`telemetry.paths.metrics`", "has white space", "secure.yaml:5:", "found `/a b`"] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    let files = Files::new();
    let ended = collector()
        .args(["collect", "--pipeline", "secure"])
        .envs(files.variables())
        .env("TEST_METRICS_PATH", "/readyz")
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("two paths are `/readyz`"), "{said}");
}

/// What `validate` says of a file with this telemetry block, and whether it is content.
fn validate(telemetry: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.yaml");
    let rest = "receivers:\n  clockreceiver: {}\nexporters:\n  prometheus: {}\n\
                pipelines:\n  metrics: {receivers: [clockreceiver], exporters: [prometheus]}\n";
    fs::write(&file, format!("telemetry: {telemetry}\n{rest}")).unwrap();
    let ended = collector().args(["validate", "--format", "short", "--config"]).arg(&file).output().unwrap();
    (ended.status.success(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn c1_a_block_that_is_off_is_checked_for_keys_alone_and_its_switch_is_literal() {
    for good in [
        "{enabled: false}",
        "{enabled: false, listen: nonsense, level: loud, paths: {metrics: 'a b'}}",
        "{enabled: false, tls: {enabled: true}, max_scrapes_per_second: -1}",
    ] {
        let (content, said) = validate(good);
        assert!(content, "{good}: {said}");
    }
    for (bad, says) in [
        ("{enabled: false, listten: x}", "did you mean `listen`?"),
        ("{enabled: false, paths: {metric: /x}}", "did you mean `metrics`?"),
        ("{enabled: false, tls: {cert: x}}", "there is no field `cert`"),
        ("{enabled: '${env:ON:-true}'}", "`telemetry.enabled`"),
        ("{listen: localhost:1}", "`enabled` is required"),
    ] {
        let (content, said) = validate(bad);
        assert!(!content && said.contains(says), "{bad}: {said}");
    }
}

#[test]
fn c3_an_error_names_the_field_its_place_what_was_expected_and_what_was_found() {
    // What is written, which part of it is wrong, and what is said about it.
    for (bad, wrong, says) in [
        ("{enabled: true, level: loud}", "loud", ["`telemetry.level`", "`basic`", "`loud`"]),
        (
            "{enabled: true, paths: {metrics: m}}",
            "m}",
            ["`telemetry.paths.metrics`", "an absolute path", "`m`"],
        ),
        ("{enabled: true, listen: 1}", "1", ["`telemetry.listen`", "expected", "`1`"]),
        ("{enabled: true, unready_after: 5}", "5", ["`telemetry.unready_after`", "duration", "`5`"]),
        (
            "{enabled: true, max_scrapes_per_second: 0}",
            "0",
            ["`telemetry.max_scrapes_per_second`", "at least `1`", "`0`"],
        ),
        (
            "{enabled: true, tls: {enabled: true, cert_file: /c}}",
            "/c}",
            ["`telemetry.tls`", "encryption needs", "`key_file`"],
        ),
        (
            "{enabled: true, tls: {enabled: true, cert_file: /c, key_file: /k, min_version: 1.1}}",
            "1.1",
            ["`telemetry.tls.min_version`", "`1.2` or `1.3`", "found the number `1.1`"],
        ),
    ] {
        let (content, said) = validate(bad);
        assert!(!content, "{bad}");
        let place = format!("x.yaml:1:{}:", "telemetry: ".len() + bad.find(wrong).unwrap() + 1);
        for words in says.into_iter().chain([place.as_str()]) {
            assert!(said.contains(words), "{bad}: no `{words}` in {said}");
        }
    }
}
