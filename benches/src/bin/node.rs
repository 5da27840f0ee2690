// SPDX-License-Identifier: Apache-2.0
//! A node of simulated GPUs for programs that load the driver's library: `node FOLDER GPUS` puts
//! `libnvidia-ml.so.1` there and obeys what it is told on standard input, one line each:
//! `hang GPU`, `lose GPU`, `clear GPU`. Each line is answered by `ok`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool's output")]

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use tracecore_gpusim::{Control, Target};
use tracecore_gpusim_nvml::install;

const SEED: u64 = 1;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(gpus)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: node FOLDER GPUS");
        return ExitCode::from(2);
    };
    match serve(&folder, &gpus) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn serve(folder: &str, gpus: &str) -> Result<(), Box<dyn Error>> {
    let node = install(folder, gpus.parse()?, SEED)?;
    let answer = |text: &str| {
        println!("{text}");
        std::io::stdout().flush()
    };
    answer("ok")?;
    for line in std::io::stdin().lock().lines() {
        obey(&node.control, &line?)?;
        answer("ok")?;
    }
    Ok(())
}

fn obey(control: &Control, line: &str) -> Result<(), Box<dyn Error>> {
    let (verb, slot) = line.split_once(' ').ok_or("expected `hang GPU`, `lose GPU` or `clear GPU`")?;
    let slot = slot.parse()?;
    match verb {
        "hang" => control.hang(Target::gpu(slot))?,
        "lose" => control.lose(slot)?,
        "clear" => control.clear(Target::gpu(slot))?,
        other => return Err(format!("`{other}` is not hang, lose or clear").into()),
    }
    Ok(())
}
