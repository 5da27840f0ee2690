// SPDX-License-Identifier: Apache-2.0
//! A collector as a process: `process BINARY [SECONDS]` starts it with the demo pipeline (eight
//! simulated GPUs and the host, at their own intervals) and tells the time from start to ready,
//! resident memory, CPU time, and the time and bytes of a scrape.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const TELEMETRY: &str = "127.0.0.1:8889";
const PAGE: &str = "127.0.0.1:9465";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(binary) = arguments.next() else {
        eprintln!("usage: process BINARY [SECONDS]");
        return ExitCode::from(2);
    };
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(30);
    match measure(&binary, Duration::from_secs(seconds)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the process however this one ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(binary: &str) -> Result<(Running, Duration), String> {
    let begin = Instant::now();
    let child = Command::new(binary)
        .args(["collect", "--pipeline", "demo"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{binary}: {error}"))?;
    let running = Running(child);
    while begin.elapsed() < Duration::from_secs(10) {
        if get(TELEMETRY, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            return Ok((running, begin.elapsed()));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Err("not ready within 10 s".to_owned())
}

fn measure(binary: &str, time: Duration) -> Result<(), String> {
    let mut ready: Vec<Duration> = Vec::new();
    for _ in 0..20 {
        ready.push(start(binary)?.1);
    }
    ready.sort();
    println!("start to ready: median {:.1} ms, worst of 20 {:.1} ms", millis(ready[10]), millis(ready[19]));

    let (running, _) = start(binary)?;
    let mut scrapes = Vec::new();
    let mut bytes = 0;
    let end = Instant::now() + time;
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
        let begin = Instant::now();
        bytes = get(PAGE, "/metrics").map_err(|error| format!("{PAGE}: {error}"))?.len();
        scrapes.push(begin.elapsed());
    }
    scrapes.sort();
    let at = |share: usize| millis(scrapes[(scrapes.len() - 1) * share / 100]);
    println!(
        "scrape: {bytes} bytes, median {:.2} ms, p99 {:.2} ms, {} scrapes",
        at(50),
        at(99),
        scrapes.len()
    );
    let proc = format!("/proc/{}", running.0.id());
    let status = std::fs::read_to_string(format!("{proc}/status")).map_err(|error| error.to_string())?;
    for line in status
        .lines()
        .filter(|line| ["VmRSS", "RssAnon", "VmHWM", "Threads"].iter().any(|name| line.starts_with(name)))
    {
        println!("{}", line.replace('\t', " "));
    }
    let stat = std::fs::read_to_string(format!("{proc}/stat")).map_err(|error| error.to_string())?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    // Clock ticks are 10 ms on every Linux that people run.
    println!(
        "CPU: {:.2} s in {} s, scraped ten times a second",
        (ticks(11) + ticks(12)) / 100.0,
        time.as_secs()
    );
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn get(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
