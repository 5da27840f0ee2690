// SPDX-License-Identifier: Apache-2.0
//! The command line as somebody at a terminal has it: a process, its exit code, its two outputs
//! (contract M1-M3, and the surface from outside).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A limit that only a hang exceeds.
const LIMIT: Duration = Duration::from_secs(30);

fn collector(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_collector"));
    command.args(arguments).env_remove("NO_COLOR");
    command
}

fn output(arguments: &[&str]) -> Ended {
    Ended::from(collector(arguments).output().unwrap())
}

/// The pipelines that are compiled into the collector: `default, lines, ..`.
fn pipelines() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let stems = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let mut stems: Vec<_> = stems.collect();
    stems.sort();
    stems.join(", ")
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    #[track_caller]
    fn fails_with(&self, code: i32, why: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        assert!(self.err.contains(why), "no `{why}` in:\n{}", self.err);
    }
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const GOOD: &str = "\
receivers:
  clockreceiver: {interval: 2s}
exporters:
  prometheus: {}
pipelines:
  metrics/primary:
    receivers: [clockreceiver]
    exporters: [prometheus]
";

#[test]
fn m1_validate_says_what_the_file_has_in_its_first_lines() {
    let files = Files::new();
    let file = files.write("good.yaml", GOOD);
    let ended = output(&["validate", "--config", text(&file)]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(
        ended.out,
        "config valid: 1 pipeline(s)\n  metrics/primary: receivers=1 processors=0 exporters=1\n"
    );
}

#[test]
fn m1_explain_shows_every_value_with_its_origin_and_c4_that_nothing_listens() {
    let files = Files::new();
    let file = files.write("good.yaml", GOOD);
    let ended = output(&["validate", "--config", text(&file), "--explain"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.starts_with("config valid: 1 pipeline(s)\n  metrics/primary: "), "{}", ended.out);
    let line = |of: &str| ended.out.lines().find(|line| line.starts_with(of)).unwrap().to_owned();
    assert!(line("receivers.clockreceiver.interval = 2s").ends_with("good.yaml:2:29"));
    assert!(line("exporters.prometheus.listen = localhost:9464").ends_with("# default"));
    assert!(ended.out.contains("telemetry is off: nothing listens"), "{}", ended.out);
}

#[test]
fn m1_mistakes_are_drawn_or_one_a_line_and_m3_end_with_2() {
    let files = Files::new();
    let file = files.write("bad.yaml", &GOOD.replace("interval: 2s", "intervall: 2s"));
    let drawn = output(&["validate", "--config", text(&file)]);
    drawn.fails_with(2, "did you mean `interval`?");
    assert!(drawn.err.contains("2 |   clockreceiver: {intervall: 2s}"), "{}", drawn.err);
    assert!(!drawn.err.contains('\x1b'), "no terminal, no colours");
    let short = output(&["validate", "--format", "short", "--config", text(&file)]);
    short.fails_with(2, "bad.yaml:2:19: ");
    assert_eq!(short.err.lines().count(), 1, "{}", short.err);
}

#[test]
fn m3_a_file_that_cannot_be_read_is_named() {
    output(&["validate", "--config", "/no/such/file.yaml"]).fails_with(2, "/no/such/file.yaml");
    output(&["expand", "/no/such/file.yaml"]).fails_with(2, "cannot read");
}

#[test]
fn m3_a_mistake_in_the_usage_ends_with_2_and_help_with_0() {
    output(&["colect"]).fails_with(2, "collect");
    output(&["validate"]).fails_with(2, "--config");
    output(&["--log-level", "loud"]).fails_with(2, "loud");
    let help = output(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    for command in ["collect", "validate", "expand", "schema", "components", "graph", "doctor"] {
        assert!(help.out.contains(&format!("  {command}")), "{}", help.out);
    }
}

#[test]
fn m2_version_says_what_was_built_from_what() {
    let ended = output(&["--version"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let mut lines = ended.out.lines();
    assert_eq!(lines.next(), Some(concat!("collector ", env!("CARGO_PKG_VERSION"))));
    let value = |key: &str| {
        let line = ended.out.lines().find(|line| line.starts_with(key)).unwrap();
        line[key.len()..].trim().to_owned()
    };
    assert_ne!(value("revision"), "");
    let date = value("built");
    assert_eq!(date.split('-').map(str::len).collect::<Vec<_>>(), [4, 2, 2], "{date}");
    assert_eq!(value("target").split('-').next(), Some(std::env::consts::ARCH));
    let libraries = value("libraries");
    assert!(libraries.contains("otel-sdk-metric=0."), "{libraries}");
    assert!(libraries.contains(", otel-prom-exporter=0."), "{libraries}");
    assert!(value("receivers").contains("clockreceiver"));
    assert!(value("exporters").contains("prometheus"));
    assert_eq!(value("pipelines"), pipelines());
    assert_eq!(output(&["-V"]).out, ended.out);
}

#[test]
fn expand_graph_and_schema_print_data() {
    let files = Files::new();
    let file = files.write("good.yaml", GOOD);
    let code = output(&["expand", text(&file)]);
    assert_eq!((code.code, code.err.as_str()), (Some(0), ""));
    assert!(code.out.contains("clock::ClockReceiver"), "{}", code.out);
    let graph = output(&["graph", text(&file)]);
    assert!(graph.out.starts_with("flowchart LR\n"), "{}", graph.out);
    assert!(graph.out.contains("metrics/primary"), "{}", graph.out);
    let schema = output(&["schema"]);
    assert!(schema.out.starts_with('{') && schema.out.ends_with("}\n"), "{}", schema.out);
    assert!(schema.out.contains("\"$schema\": \"https://json-schema.org/"), "{}", schema.out);
    assert!(schema.out.contains("clockreceiver"), "{}", schema.out);
    for bad in ["expand", "graph"] {
        let file = files.write("bad.yaml", &GOOD.replace("clockreceiver:", "clockreciever:"));
        output(&[bad, text(&file)]).fails_with(2, "clockreceiver");
    }
}

#[test]
fn components_lists_options_and_metrics() {
    let all = output(&["components"]);
    assert_eq!((all.code, all.err.as_str()), (Some(0), ""));
    assert!(all.out.contains("\nprocessors:\n"), "{}", all.out);
    let one = output(&["components", "clockreceiver"]);
    assert!(one.out.starts_with("receivers:\n  clockreceiver (metrics)\n"), "{}", one.out);
    assert!(one.out.contains("interval: a duration"), "{}", one.out);
    assert!(one.out.contains("default `1s`"), "{}", one.out);
    assert!(one.out.contains("tracecore.clock.ticks [{tick}] counter"), "{}", one.out);
    assert!(!one.out.contains("prometheus"), "{}", one.out);
    output(&["components", "clockreciever"]).fails_with(2, "did you mean `clockreceiver`?");
}

#[test]
fn doctor_looks_at_this_machine() {
    let ended = output(&["doctor"]);
    assert!(ended.out.contains("this machine\n"), "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("kernel: Linux "), "{}", ended.out);
    assert!(ended.out.contains(&format!("pipelines: {}\n", pipelines())), "{}", ended.out);
    let bad = ended.out.contains("  BAD ");
    assert_eq!(ended.code, Some(i32::from(bad)), "{}", ended.out);
}

#[test]
fn data_that_nobody_reads_is_no_failure() {
    let mut child = collector(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn m3_a_pipeline_that_is_not_compiled_in_ends_with_2_and_a_near_miss() {
    output(&["collect", "--pipeline", "defualt"]).fails_with(2, "did you mean `--pipeline default`?");
    output(&["collect", "--pipeline", "xyz"])
        .fails_with(2, &format!("this binary has `{}`", pipelines().replace(", ", "`, `")));
}

#[test]
fn m3_a_value_that_does_not_fit_at_start_up_ends_with_2_and_names_variable_and_field() {
    let output = collector(&["collect"]).env("TEST_INTERVAL", "soon").output().unwrap();
    let ended = Ended::from(output);
    ended.fails_with(2, "(from `${env:TEST_INTERVAL:-50ms}`)");
    ended.fails_with(2, "pipelines/default.yaml:7:29: `receivers.clockreceiver.interval`");
    ended.fails_with(2, "expected a duration such as `10s`");
    ended.fails_with(2, "found `soon`");
}

/// A collector that runs, on a port that was free a moment ago.
struct Running {
    child: Child,
    address: String,
    log: std::thread::JoinHandle<Vec<String>>,
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self::start_into(Stdio::null(), arguments)
    }

    fn start_into(stdout: Stdio, arguments: &[&str]) -> Self {
        let address = free_address();
        let mut child = collector(arguments)
            .env("TEST_TELEMETRY", &address)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let log = std::thread::spawn(move || log.lines().map_while(Result::ok).collect());
        Self { child, address, log }
    }

    /// The answer with this status, as soon as there is one.
    fn until(&mut self, path: &str, status: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(answer) = self.get(path).filter(|answer| answer.starts_with(status)) {
                return answer;
            }
            if start.elapsed() > LIMIT {
                let _ = self.child.kill();
                panic!("no `{status}` from {path}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    fn end(mut self) -> (Option<i32>, Vec<String>) {
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if start.elapsed() > LIMIT => {
                    self.child.kill().unwrap();
                    panic!("the collector does not end");
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        (status.code(), self.log.join().unwrap())
    }
}

#[test]
fn without_arguments_the_default_pipeline_runs_until_it_is_told_to_stop() {
    let mut running = Running::start(&[]);
    running.until("/readyz", "HTTP/1.1 200");
    assert!(running.get("/healthz").unwrap().starts_with("HTTP/1.1 200"));
    let start = Instant::now();
    let emissions = "tracecore_receiver_emissions_total{component_id=\"clockreceiver\"} ";
    loop {
        let page = running.until("/metrics", "HTTP/1.1 200");
        let emitted = page.lines().find_map(|line| line.strip_prefix(emissions)).unwrap();
        if emitted.parse::<u64>().unwrap() >= 3 {
            assert!(page.contains("tracecore_build_info{command=\"collector\""), "{page}");
            assert!(page.contains("tracecore_exporter_calls_total{component_id=\"prometheus\""), "{page}");
            assert!(page.contains("tracecore_processor_items_total{component_id=\"filter\""), "{page}");
            break;
        }
        assert!(start.elapsed() < LIMIT, "the clock does not tick: {page}");
    }
    running.signal("TERM");
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(log[0].contains("INFO") && log[0].contains("pipeline=default"), "{log:#?}");
}

#[test]
fn l2_a_second_signal_ends_the_process_though_a_queue_has_not_drained() {
    // Nobody reads: what the pipe does not hold stays in the queue, for five seconds.
    let mut running = Running::start_into(Stdio::piped(), &["collect", "--pipeline", "lines"]);
    let start = Instant::now();
    let items = |page: &str, series: &str| -> u64 {
        let series = format!("tracecore_exporter_{series} ");
        page.lines().find_map(|line| line.strip_prefix(&series)).unwrap().parse().unwrap()
    };
    let queued = "queued_items{component_id=\"stdoutexporter\"}";
    let delivered = "items_total{component_id=\"stdoutexporter\",outcome=\"delivered\",reason=\"\"}";
    let mut before = 0;
    loop {
        let page = running.until("/metrics", "HTTP/1.1 200");
        // A queue may be behind for a moment; the pipe is full when nothing passes any more.
        let now = items(&page, delivered);
        if items(&page, queued) >= 10 && now == before {
            break;
        }
        before = now;
        assert!(start.elapsed() < LIMIT, "the queue does not fill: {page}");
        std::thread::sleep(Duration::from_millis(200));
    }
    running.signal("TERM");
    running.until("/readyz", "HTTP/1.1 503");
    assert!(running.get("/healthz").unwrap().starts_with("HTTP/1.1 200"), "H2: draining, not ill");
    running.signal("TERM");
    let (code, log) = running.end();
    assert_eq!(code, Some(143), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("SIGTERM again: ending at once")), "{log:#?}");
}

#[test]
fn logs_can_be_json() {
    let mut running = Running::start(&["--log-format", "json", "collect"]);
    running.until("/readyz", "HTTP/1.1 200");
    running.signal("INT");
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log:#?}");
    for line in &log {
        assert!(line.starts_with("{\"time\":\"") && line.ends_with('}'), "{line}");
    }
    assert!(log[0].contains("\"pipeline\":\"default\""), "{}", log[0]);
}

#[test]
fn once_collects_delivers_and_ends() {
    let running = Running::start(&["collect", "--once", "--pipeline", "quiet"]);
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log:#?}");
}

#[test]
fn h6_a_telemetry_port_in_use_ends_with_1_and_names_the_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Ended::from(collector(&["collect"]).env("TEST_TELEMETRY", &address).output().unwrap());
    ended.fails_with(1, &address);
}

#[test]
fn one_round_is_shown_before_the_collector_ends() {
    let ended = output(&["collect", "--pipeline", "once", "--once"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let line = ended.out.lines().find(|line| line.starts_with("tracecore.clock.ticks"));
    assert!(line.is_some_and(|line| line.trim_end().ends_with(" 1")), "{}", ended.out);
}
