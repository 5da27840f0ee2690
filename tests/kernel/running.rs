// SPDX-License-Identifier: Apache-2.0
//! A collector in a process of its own, whose JSON lines are read as they come.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A limit that only a hang exceeds.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A line, and when it came.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) value: Value,
    pub(crate) at: Instant,
}

impl Line {
    pub(crate) fn is_record(&self) -> bool {
        self.value.get("body").is_some()
    }

    pub(crate) fn body(&self) -> &str {
        self.value["body"].as_str().unwrap_or_default()
    }

    pub(crate) fn attribute(&self, key: &str) -> &Value {
        &self.value["attributes"][key]
    }

    /// Whether it is a point of this metric whose attribute is this.
    pub(crate) fn is_point(&self, name: &str, key: &str, value: &Value) -> bool {
        self.value["name"] == name && self.attribute(key) == value
    }
}

/// A collector that runs; it ends with its test.
pub(crate) struct Running {
    process: Child,
    lines: mpsc::Receiver<Line>,
}

impl Running {
    pub(crate) fn start(pipeline: &str, environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["collect", "--pipeline", pipeline])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // Half a line is the last one of a process that was killed.
                let Ok(value) = serde_json::from_str(&line) else { break };
                let _ = send.send(Line { value, at: Instant::now() });
            }
        });
        Self { process, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The next line that `wanted` wants.
    #[track_caller]
    pub(crate) fn next(&self, what: &str, wanted: impl Fn(&Line) -> bool) -> Line {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("not within {LIMIT:?}: {what}") };
            if wanted(&line) {
                return line;
            }
        }
    }

    /// The lines that came within this time.
    pub(crate) fn within(&self, time: Duration) -> Vec<Line> {
        let deadline = Instant::now() + time;
        let left = || deadline.saturating_duration_since(Instant::now());
        std::iter::from_fn(|| self.lines.recv_timeout(left()).ok()).collect()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Stops it; gives what it wrote since it was last asked.
    #[track_caller]
    pub(crate) fn stop(mut self) -> Vec<Line> {
        self.signal("-TERM");
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0));
                // The end of its output ends the thread that reads it, and that the channel.
                return self.lines.iter().collect();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("it does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
