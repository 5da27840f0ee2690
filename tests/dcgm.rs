// SPDX-License-Identifier: Apache-2.0
//! DCGM's names from outside: a process on somebody's old port, scraped.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A limit that only a hang exceeds.
const LIMIT: Duration = Duration::from_secs(30);

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn scrape(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn the_names_labels_and_host_of_dcgm_exporter_are_on_the_page() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let _running = Running(
        Command::new(env!("CARGO_BIN_EXE_collector"))
            .args(["collect", "--pipeline", "dcgm"])
            .env("TEST_PAGE", &address)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let deadline = Instant::now() + LIMIT;
    let line = loop {
        let page = scrape(&address).unwrap_or_default();
        let mut lines = page.lines();
        if let Some(line) =
            lines.find(|line| line.starts_with("DCGM_FI_DEV_GPU_TEMP{") && line.contains("gpu=\"1\""))
        {
            assert!(page.contains("\nhw_temperature_celsius{"), "our own names are there as well:\n{page}");
            break line.to_owned();
        }
        assert!(Instant::now() < deadline, "not within {LIMIT:?}:\n{page}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for label in
        [format!("Hostname=\"{}\"", host.trim()), "device=\"nvidia1\"".to_owned(), "UUID=\"GPU-".to_owned()]
    {
        assert!(line.contains(&label), "no {label} in {line}");
    }
}
