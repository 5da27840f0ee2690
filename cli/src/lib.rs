// SPDX-License-Identifier: Apache-2.0
//! The command line of a TraceCore collector, as a library, so that a package with receivers
//! of its own has it too.
//!
//! ```ignore
//! fn main() -> std::process::ExitCode {
//!     tracecore_cli::main(tracecore_cli::App::new(BUILD, pipelines::PIPELINES, catalog))
//! }
//! ```
//!
//! Exit codes are 0 for success, 1 for a failure while running, 2 for a mistake in the usage or
//! the configuration (contract M3). Data goes to the standard output, everything else to the
//! standard error. Must never: know a component by name; what there is to know comes from the
//! catalog.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod doctor;
mod log;
mod output;

use std::ffi::OsString;
use std::process::ExitCode;

use tracecore_runtime::{BuildInfo, Pipeline};
use tracecore_schema::Catalog;

pub use doctor::Report;

use args::Command;

/// What a binary is made of: who it is, the pipelines compiled into it, the components it knows.
#[derive(Clone, Debug)]
pub struct App {
    build: BuildInfo,
    pipelines: &'static [&'static Pipeline],
    catalog: fn() -> Catalog,
    checks: Vec<fn(&mut Report)>,
}

impl App {
    /// A binary with these pipelines and components.
    #[must_use]
    pub const fn new(
        build: BuildInfo,
        pipelines: &'static [&'static Pipeline],
        catalog: fn() -> Catalog,
    ) -> Self {
        Self { build, pipelines, catalog, checks: Vec::new() }
    }

    /// Adds a check to what `doctor` looks at: whether a driver is there, say, and if not, why.
    #[must_use]
    pub fn doctor(mut self, check: fn(&mut Report)) -> Self {
        self.checks.push(check);
        self
    }
}

/// How a command ended (contract M3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Success,
    Failure,
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failure => Self::from(1),
            Exit::Usage => Self::from(2),
        }
    }
}

/// Does what the arguments of the process say. `main` of a collector is this one call.
#[must_use]
#[allow(clippy::needless_pass_by_value, reason = "it is all that a `main` has, and reads better so")]
pub fn main(app: App) -> ExitCode {
    run(&app, std::env::args_os().collect()).into()
}

fn run(app: &App, arguments: Vec<OsString>) -> Exit {
    let args = match args::parse(app, arguments) {
        Ok(args) => args,
        Err(error) => {
            // Help asked for is data on the standard output, a mistake is not: clap knows.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Success };
        }
    };
    if args.version {
        return commands::version(app);
    }
    match args.command.unwrap_or_default() {
        Command::Collect(collect) => {
            log::init(args.log_format, args.log_level);
            commands::collect(app, &collect)
        }
        Command::Validate(validate) => commands::validate(app, &validate),
        Command::Expand(file) => commands::expand(app, &file),
        Command::Graph(file) => commands::graph(app, &file),
        Command::Schema => commands::schema(app),
        Command::Components(which) => commands::components(app, &which),
        Command::Doctor => doctor::run(app),
    }
}
