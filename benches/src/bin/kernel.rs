// SPDX-License-Identifier: Apache-2.0
//! A storm in the kernel's log. `kernel make LINES KMSG EXPORT` writes the same lines as
//! `/dev/kmsg` gives them and in the journal's export format; `kernel read KMSG LINES` lets the
//! receiver read the first and says what that took. `benches/kernel` runs both.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]
#![allow(unsafe_code, reason = "a global allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracecore_components::receivers::kernelevents::{Config, KernelEvents, StartAt};
use tracecore_runtime::testing::Harness;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it came; counting changes nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps `realloc`'s promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["make", lines, kmsg, export] => make(lines, kmsg, export),
        ["read", kmsg, lines] => read(kmsg, lines),
        _ => Err("kernel make LINES KMSG EXPORT | kernel read KMSG LINES".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn said(error: impl Display) -> String {
    error.to_string()
}

/// What a GPU that is dying says, and what else the kernel says meanwhile.
fn line(number: u64) -> String {
    let gpu = number % 8;
    match number % 10 {
        0..5 => format!(
            "NVRM: Xid (PCI:0000:{gpu}9:00): 31, pid={number}, name=python3, Ch 00000008, intr 10000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted @ 0x7f2c_6f{gpu}00000. Fault is of type FAULT_PDE ACCESS_TYPE_VIRT_READ"
        ),
        5..7 => format!(
            "NVRM: Xid (PCI:0000:{gpu}9:00): 119, pid={number}, name=nvidia-smi, Timeout after 6s of waiting for RPC response from GPU{gpu} GSP! Expected function 76 (GSP_RM_CONTROL) (0x20800a4c 0x4)."
        ),
        7 => {
            format!("nvidia-nvswitch{gpu}: SXid (PCI:0000:0{gpu}:00.0): 20034, Fatal, Link 48 LTSSM Fault Up")
        }
        8 => format!("usb 1-{gpu}: device descriptor read/64, error -71"),
        _ => {
            format!("Out of memory: Killed process {number} (python3) total-vm:4193456kB, anon-rss:2052348kB")
        }
    }
}

fn make(lines: &str, kmsg: &str, export: &str) -> Result<(), String> {
    let lines: u64 = lines.parse().map_err(said)?;
    let mut kmsg = BufWriter::new(File::create(kmsg).map_err(said)?);
    let mut export = BufWriter::new(File::create(export).map_err(said)?);
    let boot = "da495663dcbf41e488f8d1a332993316";
    for number in 0..lines {
        let text = line(number);
        let micros = 1_000_000 + number * 100;
        writeln!(kmsg, "4,{number},{micros},-;{text}").map_err(said)?;
        let real = 1_763_900_000_000_000 + micros;
        write!(
            export,
            "__REALTIME_TIMESTAMP={real}\n__MONOTONIC_TIMESTAMP={micros}\n_BOOT_ID={boot}\n_TRANSPORT=kernel\nPRIORITY=4\n\
             SYSLOG_FACILITY=0\nSYSLOG_IDENTIFIER=kernel\n_SOURCE_MONOTONIC_TIMESTAMP={micros}\n_HOSTNAME=node\n\
             _MACHINE_ID=00000000000000000000000000000001\nMESSAGE={text}\n\n"
        )
        .map_err(said)?;
    }
    kmsg.flush().and_then(|()| export.flush()).map_err(said)
}

fn read(kmsg: &str, lines: &str) -> Result<(), String> {
    let lines: usize = lines.parse().map_err(said)?;
    let config = Config { kmsg: kmsg.into(), start_at: StartAt::Boot, ..Config::default() };
    let mut receiver = Harness::<KernelEvents>::open(config).map_err(said)?;
    let start = Instant::now();
    // Buffers find their size in the first twentieth.
    let warm = lines / 20;
    let (mut records, mut bytes, mut after_warm) = (0, 0, None);
    // What comes after an SXid is held back for a moment; of the last few it may be all.
    while records + 64 < lines {
        if receiver.wants_discovery() {
            receiver.discover().map_err(said)?;
        }
        receiver.tick().map_err(said)?;
        records += receiver.out().logs.len();
        bytes += receiver.out().logs.records().map(|record| record.body().len()).sum::<usize>();
        if records >= warm && after_warm.is_none() {
            after_warm = Some((records, ALLOCATIONS.load(Ordering::Relaxed)));
        }
        if start.elapsed().as_secs() > 300 {
            return Err(format!("{records} of {lines} records in five minutes"));
        }
    }
    let (warm, before) = after_warm.unwrap_or_default();
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let per_record = allocations as f64 / (records - warm).max(1) as f64;
    let cpu = cpu_seconds()?;
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let rate = records as f64 / cpu;
    println!(
        "receiver: {records} records ({bytes} bytes) in {cpu:.2} s of CPU: {rate:.0} records/s/core, \
         {allocations} allocations after the first {warm} records ({per_record:.6} each), at most {} KiB resident",
        status("VmHWM:")?
    );
    Ok(())
}

/// CPU time of this process, in the kernel too.
fn cpu_seconds() -> Result<f64, String> {
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(said)?;
    let after = stat.rsplit_once(") ").ok_or("no process name in /proc/self/stat")?.1;
    let ticks: f64 = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

fn status(item: &str) -> Result<u64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(said)?;
    let line = status.lines().find_map(|line| line.strip_prefix(item)).ok_or("no such item")?;
    line.trim().split(' ').next().unwrap_or_default().parse().map_err(said)
}
