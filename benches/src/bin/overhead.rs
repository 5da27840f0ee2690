// SPDX-License-Identifier: Apache-2.0
//! A lane that reads a node of simulated GPUs through its library, into a Prometheus page and
//! JSON lines: `overhead PROFILE GPUS ticks TIMES` for callgrind, which tells what of a tick is
//! the library's own (`benches/overhead`), and `overhead PROFILE GPUS wall TIMES` for the time
//! of a tick whose calls cost what real ones do, beside what the calls alone cost.
//!
//! Between two ticks the simulated time goes on by a second: nothing changes in no time.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tracecore_benches::node;
use tracecore_gpusim::{Control, Costs, Function, Profile, Setup};
use tracecore_gpusim_nvml::install_as;

/// Ticks before any that count: buffers find their size, and what is asked once has been asked.
const WARM: u64 = 8;
/// Where simulated time begins, in seconds: behind what the start takes by the machine's clock,
/// however slowly it runs. Time that goes back stands still.
const BEGIN: u64 = 1_000;
const SEED: u64 = 1;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [profile, gpus, what, times] = &arguments[..] else {
        eprintln!("usage: overhead PROFILE GPUS (ticks | wall) TIMES");
        return ExitCode::from(2);
    };
    match run(profile, gpus, what, times) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(profile: &str, gpus: &str, what: &str, times: &str) -> Result<(), Box<dyn Error>> {
    let profile = Profile::ALL.iter().find(|known| known.name() == profile).ok_or("no such profile")?;
    let (gpus, times): (_, u64) = (gpus.parse()?, times.parse()?);
    let folder = tempfile::tempdir()?;
    let node_files = install_as(folder.path(), Setup { gpus, seed: SEED, profile: *profile })?;
    let control = node_files.control;
    let mut bench = node(&node_files.library)?;
    let mut second = BEGIN;
    let mut tick = || {
        second += 1;
        control.set_time(Some(Duration::from_secs(second)));
        let begin = Instant::now();
        bench.tick().map(|()| begin.elapsed())
    };
    for _ in 0..WARM {
        tick()?;
    }
    match what {
        "ticks" => {
            for _ in 0..times {
                tick()?;
            }
        }
        "wall" => {
            control.set_costs(Costs::Busy);
            let before = calls(&control);
            let mut elapsed = Duration::ZERO;
            for _ in 0..times {
                elapsed += tick()?;
            }
            let alone = cost(&before, &calls(&control));
            let each = |time: Duration| time.as_secs_f64() * 1e3 / times as f64;
            println!(
                "{:.3} ms a tick, {:.3} ms of it what {} calls cost alone: x{:.3}",
                each(elapsed),
                each(alone),
                calls(&control).iter().zip(&before).map(|(now, then)| now - then).sum::<u64>() / times,
                elapsed.as_secs_f64() / alone.as_secs_f64()
            );
        }
        _ => return Err("not ticks or wall".into()),
    }
    println!("{}", bench.points());
    Ok(())
}

fn calls(control: &Control) -> Vec<u64> {
    Function::ALL.iter().map(|function| control.calls(*function)).collect()
}

/// What the calls between two counts cost by themselves.
fn cost(before: &[u64], after: &[u64]) -> Duration {
    let counts =
        before.iter().zip(after).map(|(before, after)| u32::try_from(after - before).unwrap_or(u32::MAX));
    Function::ALL.iter().zip(counts).map(|(function, count)| Costs::of(*function) * count).sum()
}
