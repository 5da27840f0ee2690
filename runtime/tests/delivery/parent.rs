// SPDX-License-Identifier: Apache-2.0
//! Starts children, and reads what they say of themselves at their end.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Collector {
    child: Child,
}

impl Collector {
    /// A collector whose environment says `settings` besides.
    pub fn start(generation: u64, settings: &[(&str, String)]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child::collector", "--nocapture"]);
        command.env("CHILD_GENERATION", generation.to_string()).env("RUST_BACKTRACE", "0");
        command.envs(settings.iter().map(|(name, value)| (*name, value)));
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child }
    }

    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// The value of a line of `/proc/PID/status`, in bytes.
    pub fn status(&self, name: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
    }

    /// Waits for its end, no longer than ten seconds; gives its account of items.
    pub fn end(mut self) -> Account {
        let deadline = Instant::now() + Duration::from_secs(10);
        let code = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if Instant::now() > deadline => {
                    self.child.kill().unwrap();
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(code, Some(0), "{log}");
        let line = log.lines().find_map(|line| Some(line.split_once("ended: ")?.1));
        let line = line.unwrap_or_else(|| panic!("no account in:\n{log}"));
        let line = line.split_once(" component_id").map_or(line, |(line, _)| line);
        let counts = line.split(", ").map(|part| {
            let (name, count) = part.trim().rsplit_once(' ').unwrap();
            (name.to_owned(), count.parse().unwrap())
        });
        Account(counts.collect(), log.clone())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where all items of a collector went.
#[derive(Debug)]
pub struct Account(BTreeMap<String, u64>, pub String);

impl Account {
    pub fn of(&self, name: &str) -> u64 {
        *self.0.get(name).unwrap_or_else(|| panic!("no `{name}` in {:?}", self.0))
    }

    /// Accepted + recovered = delivered + rejected + dropped + lost + queued + in flight.
    #[track_caller]
    pub fn holds(&self) {
        let went = ["delivered", "rejected", "dropped", "lost", "queued", "in flight"];
        let went: u64 = went.into_iter().map(|name| self.of(name)).sum();
        assert_eq!(self.of("accepted") + self.of("recovered"), went, "{:?}\n{}", self.0, self.1);
        assert_eq!(self.of("in flight"), 0, "nothing is in flight at rest");
    }
}
