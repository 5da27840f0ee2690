// SPDX-License-Identifier: Apache-2.0
//! Both signals of one receiver from outside: a file that grows, a process, its JSON lines and
//! what it tells of itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A limit that only a hang exceeds.
const LIMIT: Duration = Duration::from_secs(30);

struct Running {
    process: Child,
    lines: mpsc::Receiver<Value>,
    file: std::fs::File,
}

impl Running {
    fn start(path: &Path) -> Self {
        let file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["collect", "--pipeline", "logs"])
            .env("TEST_LINES", path)
            .env("TEST_HOST", "node-1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, lines, file }
    }

    fn write(&mut self, text: &str) {
        self.file.write_all(text.as_bytes()).unwrap();
    }

    /// The next line that `wanted` wants.
    #[track_caller]
    fn next(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("not within {LIMIT:?}: {what}") };
            if wanted(&line) {
                return line;
            }
        }
    }

    fn stop(mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        panic!("it does not end");
    }
}

fn is_record(line: &Value) -> bool {
    line.get("body").is_some()
}

#[test]
fn lines_of_a_file_come_out_as_records_and_as_counters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    let mut running = Running::start(&path);
    let zero = running.next("a zero before the first line", |line| line["name"] == "test.lines");
    assert_eq!((&zero["value"], is_record(&zero)), (&Value::from(0), false));

    running.write("info all is well\nerror GPU \"3\" has fallen off the bus\nwarn half a li");
    let record = running.next("the error", is_record);
    assert_eq!((&record["severity"], &record["severity_number"]), (&Value::from("ERROR"), &Value::from(17)));
    assert_eq!(
        (&record["event_name"], &record["body"]),
        (&"test.line".into(), &"GPU \"3\" has fallen off the bus".into())
    );
    assert_eq!(record["attributes"], serde_json::json!({"test.level": "error", "host": "node-1"}));
    assert!(
        record.get("time").is_none() && record["observed_time"].as_str().unwrap().len() == 27,
        "{record}"
    );
    running.next("the error is counted", |line| {
        line["attributes"]["test.level"] == "error" && line["value"] == 1
    });

    running.write("ne\nwarn\nerror the end\n");
    let record = running.next("a line that came in two pieces", is_record);
    assert_eq!((&record["severity"], &record["body"]), (&Value::from("WARN"), &"half a line".into()));
    let record = running.next("of those that alarm one is filtered by its length", is_record);
    assert_eq!(record["body"], "the end");
    running
        .next("the count goes on", |line| line["attributes"]["test.level"] == "warn" && line["value"] == 2);
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn a_storm_of_lines_comes_out_whole_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines");
    let mut running = Running::start(&path);
    let storm: String = (0..20_000).map(|number| format!("error {number}\n")).collect();
    running.write(&storm);
    for number in 0..20_000 {
        let record = running.next("every line", is_record);
        assert_eq!(record["body"], number.to_string());
    }
    running.next("and all are counted", |line| {
        line["attributes"]["test.level"] == "error" && line["value"] == 20_000
    });
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn validate_tells_of_a_pipeline_that_carries_logs() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/logs.yaml");
    let output = Command::new(env!("CARGO_BIN_EXE_collector"))
        .args(["validate", "--config"])
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "config valid: 2 pipeline(s)\n  metrics/lines: receivers=1 processors=0 exporters=1\n  \
         logs/alarming: receivers=1 processors=2 exporters=1\n"
    );
}
