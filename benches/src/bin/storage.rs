// SPDX-License-Identifier: Apache-2.0
//! What a durable queue costs: bytes per second and CPU per frame on the way to the disk and
//! back, and the time to look through what an earlier process left.
//!
//! `storage FOLDER [MEGABYTES] [FRAME BYTES]`; FOLDER must not hold anything that is needed.

#![allow(clippy::print_stdout, reason = "a tool's output")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tracecore_runtime::queue::disk::{Fsync, Overflow, Reader, Record, Store, StoreOptions, Writer};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("storage FOLDER [MEGABYTES] [FRAME BYTES]")?);
    let megabytes: u64 = arguments.next().map_or(Ok(1024), |text| text.parse())?;
    let frame: usize = arguments.next().map_or(Ok(8192), |text| text.parse())?;
    let always = (megabytes / 32).max(1);
    for (name, fsync, megabytes) in [
        ("never", Fsync::Never, megabytes),
        ("every second", Fsync::Interval(Duration::from_secs(1)), megabytes),
        ("always", Fsync::Always, always),
    ] {
        run(&folder.join("queue"), name, fsync, megabytes << 20, frame)?;
    }
    Ok(())
}

/// Seconds of CPU that this process has used.
fn cpu() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("stat")?.1.split_whitespace().collect();
    // Ticks of 10 ms, on every platform that this runs on.
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn open(folder: &Path, fsync: Fsync) -> Outcome<(Writer, Reader, Duration, u64)> {
    let mut options = StoreOptions::new("bench", 64 << 30);
    (options.fsync, options.overflow) = (fsync, Overflow::Refuse);
    options.recovery_budget = Duration::from_secs(600);
    let start = Instant::now();
    let (writer, reader, recovered) = Store::open(folder, options)?;
    Ok((writer, reader, start.elapsed(), recovered.frames))
}

fn run(folder: &Path, name: &str, fsync: Fsync, bytes: u64, frame: usize) -> Outcome {
    let _ = std::fs::remove_dir_all(folder);
    let frames = bytes / frame as u64;
    let (writer, reader, ..) = open(folder, fsync)?;
    let mut payload: Vec<u8> = (0..frame).map(|place| (place * 31 % 251).to_le_bytes()[0]).collect();
    let content = payload.clone();
    let (start, before) = (Instant::now(), cpu()?);
    for number in 0..frames {
        let record = Record { payload, signal: 0, items: 100, unix_nanos: number };
        payload = writer
            .append_within(record, Duration::from_secs(60))
            .map_err(|refused| format!("{:?}", refused.why))?;
        payload.extend_from_slice(&content);
    }
    while writer.counts().written.get().0 < frames {
        std::thread::sleep(Duration::from_micros(100));
    }
    report(name, "append", frames, frame, start.elapsed(), cpu()? - before);
    let _ = reader.close(Duration::from_secs(60));

    let (_writer, reader, took, found) = open(folder, fsync)?;
    if found != frames {
        return Err(format!("{found} of {frames} frames were found").into());
    }
    let gigabytes = (frames * frame as u64) as f64 / f64::from(1 << 30);
    println!("fsync {name}: recovery {:.3} s per GiB ({gigabytes:.2} GiB)", took.as_secs_f64() / gigabytes);
    let (start, before) = (Instant::now(), cpu()?);
    let mut read = 0;
    while read < frames {
        let batch = reader.take_batch(256 << 10);
        if batch.is_empty() {
            std::thread::sleep(Duration::from_micros(50));
        }
        read += batch.len() as u64;
        reader.acknowledge(batch);
    }
    report(name, "read back and acknowledge", frames, frame, start.elapsed(), cpu()? - before);
    let closed = reader.close(Duration::from_secs(60));
    if closed.left != (0, 0) {
        return Err(format!("{closed:?}").into());
    }
    Ok(())
}

fn report(name: &str, what: &str, frames: u64, frame: usize, took: Duration, cpu: f64) {
    let megabytes = (frames * frame as u64) as f64 / f64::from(1 << 20);
    println!(
        "fsync {name}: {what} {:.0} MiB/s, {:.0} frames/s, {:.1} us of CPU per frame of {frame} bytes",
        megabytes / took.as_secs_f64(),
        frames as f64 / took.as_secs_f64(),
        cpu * 1e6 / frames as f64,
    );
}
