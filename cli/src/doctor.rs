// SPDX-License-Identifier: Apache-2.0
//! `doctor`: what this machine offers the collector, and what is missing and why.
//!
//! What concerns the machine as such is looked at here. What concerns a component (a driver, a
//! permission) is looked at by a check that the binary registers with
//! [`App::doctor`](crate::App::doctor): this crate knows no component.

use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::output::print;
use crate::{App, Exit};

/// What was found, for people.
#[derive(Debug, Default)]
pub struct Report {
    text: String,
    failed: usize,
    noted: usize,
}

impl Report {
    /// Begins a part.
    pub fn section(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(title);
        self.text.push('\n');
    }

    /// Something is as it should be.
    pub fn ok(&mut self, what: &str, found: impl AsRef<str>) {
        self.line("ok  ", what, found.as_ref(), None);
    }

    /// Something is not there or not supported here; the collector does without. Says what to
    /// do about it.
    pub fn note(&mut self, what: &str, found: impl AsRef<str>, help: impl AsRef<str>) {
        self.noted += 1;
        self.line("note", what, found.as_ref(), Some(help.as_ref()));
    }

    /// Something keeps the collector from its work. Says what to do about it.
    pub fn bad(&mut self, what: &str, found: impl AsRef<str>, help: impl AsRef<str>) {
        self.failed += 1;
        self.line("BAD ", what, found.as_ref(), Some(help.as_ref()));
    }

    fn line(&mut self, mark: &str, what: &str, found: &str, help: Option<&str>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "  {mark}  {what}: {found}");
        if let Some(help) = help.filter(|help| !help.is_empty()) {
            let _ = writeln!(self.text, "        -> {help}");
        }
    }

    fn verdict(&self) -> String {
        match (self.failed, self.noted) {
            (0, 0) => "everything is as it should be\n".to_owned(),
            (0, noted) => format!("the collector can work; {noted} to note\n"),
            (failed, noted) => format!("{failed} bad, {noted} to note\n"),
        }
    }
}

pub(crate) fn run(app: &App) -> Exit {
    let mut report = Report::default();
    report.section(&format!("{} {} ({})", app.build.command, app.build.version, app.build.target));
    binary(&mut report, app);
    report.section("this machine");
    machine(&mut report);
    for check in &app.checks {
        // A check calls into drivers. One that panics must not hide what the others found.
        if catch_unwind(AssertUnwindSafe(|| check(&mut report))).is_err() {
            report.bad("a check", "it panicked", "please report this");
        }
    }
    let printed = print(&format!("{}\n{}", report.text, report.verdict()));
    if printed == Exit::Success && report.failed > 0 { Exit::Failure } else { printed }
}

fn binary(report: &mut Report, app: &App) {
    let names: Vec<_> = app.pipelines.iter().map(|pipeline| pipeline.name).collect();
    if names.is_empty() {
        report.bad("pipelines", "none", "put a pipeline file into `pipelines/` and build again");
    } else {
        report.ok("pipelines", names.join(", "));
    }
}

fn machine(report: &mut Report) {
    let system = rustix::system::uname();
    report.ok("host", system.nodename().to_string_lossy());
    report.ok(
        "kernel",
        format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy()),
    );
    match std::thread::available_parallelism() {
        Ok(cpus) => report.ok("processors", format!("{cpus} for this process")),
        Err(error) => report.note("processors", format!("unknown: {error}"), ""),
    }
    procfs(report);
    user(report);
    files(report);
}

/// Most of what the collector reads of a host is in `/proc`.
fn procfs(report: &mut Report) {
    match fs::read_to_string("/proc/meminfo") {
        Ok(text) => {
            let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).map(str::trim);
            report.ok("memory", total.unwrap_or("/proc/meminfo does not say"));
        }
        Err(error) => report.bad("/proc", format!("/proc/meminfo: {error}"), "mount procfs at /proc"),
    }
    if let Err(error) = fs::read_to_string("/proc/1/stat") {
        report.note(
            "other processes",
            format!("not visible: /proc/1/stat: {error}"),
            "metrics of other processes need a /proc without `hidepid`",
        );
    } else {
        report.ok("other processes", "visible");
    }
}

fn user(report: &mut Report) {
    let user = rustix::process::geteuid();
    let capabilities = fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
        u64::from_str_radix(effective.trim(), 16).ok()
    });
    let held = match capabilities {
        None => "capabilities unknown".to_owned(),
        Some(0) => "no capabilities".to_owned(),
        Some(bits) => format!("{} capabilities (effective {bits:#x})", bits.count_ones()),
    };
    report.ok("user", format!("uid {}, {held}", user.as_raw()));
}

fn files(report: &mut Report) {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    match limit {
        Some(limit) if limit < 256 => report.note(
            "open files",
            format!("at most {limit}"),
            "64 connections to each listener and the drivers' files may not fit: raise `ulimit -n`",
        ),
        Some(limit) => report.ok("open files", format!("at most {limit}")),
        None => report.ok("open files", "no limit"),
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn what_is_bad_or_to_note_says_what_to_do() {
        let mut report = Report::default();
        report.section("gpu");
        report.ok("library", "libnvidia-ml.so.1");
        assert_eq!(report.verdict(), "everything is as it should be\n");
        report.note("mig", "not supported", "");
        report.bad("device", "permission denied", "add the user to the group `video`");
        assert_eq!(
            report.text,
            "gpu\n  ok    library: libnvidia-ml.so.1\n  note  mig: not supported\n  \
             BAD   device: permission denied\n        -> add the user to the group `video`\n"
        );
        assert_eq!(report.verdict(), "1 bad, 1 to note\n");
    }
}
