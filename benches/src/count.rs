// SPDX-License-Identifier: Apache-2.0
//! Runs one measured thing a given number of times and says how many items one run has. Two
//! runs under callgrind with different `TIMES` give the instructions of one, exactly.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]

use std::hint::black_box;
use std::process::ExitCode;

use tracecore_components::exporters::prometheus::Format;
use tracecore_runtime::Receiver;
use tracecore_runtime::private::Branches;

use crate::Bench;

/// Runs happen this many times before they count: buffers find their size.
const WARM: u64 = 8;

/// The `main` of a binary that is called with `NAME TIMES`.
pub fn main(run: impl FnOnce(&str, u64) -> Result<usize, String>) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let times: u64 = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(0);
    match run(&name, times) {
        Ok(items) => {
            println!("{items}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("`{name}`: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Ticks a lane; gives the points of a tick.
///
/// # Errors
///
/// The receiver fails.
pub fn ticks<R, B>(mut bench: Bench<R, B>, times: u64) -> Result<usize, String>
where
    R: Receiver,
    B: Branches<R::Out>,
{
    for _ in 0..WARM + times {
        black_box(&mut bench).tick()?;
    }
    Ok(bench.points())
}

/// Renders the page of a lane; gives the series on it.
///
/// # Errors
///
/// The receiver fails.
pub fn scrapes<R, B>(mut bench: Bench<R, B>, times: u64) -> Result<usize, String>
where
    R: Receiver,
    B: Branches<R::Out>,
{
    bench.tick()?;
    let mut scraper = bench.scraper();
    for _ in 0..WARM + times {
        black_box(scraper.scrape(Format::Text, false));
    }
    Ok(bench.points())
}
