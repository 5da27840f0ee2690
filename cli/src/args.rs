// SPDX-License-Identifier: Apache-2.0
//! What may be written on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use tracecore_runtime::MemoryLimit;
use tracecore_schema::{ByteSize, Scalar as _, Text};

use crate::App;

#[derive(Debug, Parser)]
#[command(disable_version_flag = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// What to do; `collect` if nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Print version, revision, build date, target, components and pipelines.
    #[arg(long, short = 'V')]
    pub(crate) version: bool,

    /// How log lines look.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, global = true)]
    pub(crate) log_format: LogFormat,

    /// The least important log lines to show.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t, global = true)]
    pub(crate) log_level: LogLevel,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a compiled pipeline until it is told to stop.
    Collect(Collect),
    /// Check a pipeline file with the same code as the build, without building.
    Validate(Validate),
    /// Print the Rust code that a pipeline file becomes.
    Expand(PipelineFile),
    /// Print a pipeline file as a Mermaid flowchart.
    Graph(PipelineFile),
    /// Print the JSON Schema of pipeline files, for editors.
    Schema,
    /// List the components in this binary with their options and metrics.
    Components(Which),
    /// Look at what this machine offers the collector, and what is missing and why.
    Doctor,
}

impl Default for Command {
    fn default() -> Self {
        Self::Collect(Collect {
            pipeline: "default".to_owned(),
            once: false,
            memory_limit: MemoryLimit::ControlGroup,
        })
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Collect {
    /// The compiled pipeline to run: its file's name without folder and extension.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) pipeline: String,

    /// Collect once from every receiver, deliver, and end.
    #[arg(long)]
    pub(crate) once: bool,

    /// Near this much memory the oldest data that waits is let go of: a size such as `256MiB`,
    /// `cgroup` for what the control group allows, or `none`.
    #[arg(long, value_name = "SIZE", default_value = "cgroup", value_parser = memory_limit)]
    pub(crate) memory_limit: MemoryLimit,
}

fn memory_limit(text: &str) -> Result<MemoryLimit, String> {
    match text {
        "cgroup" => Ok(MemoryLimit::ControlGroup),
        "none" => Ok(MemoryLimit::None),
        size => match ByteSize::parse(&Text::filled(size)) {
            Ok(ByteSize(bytes)) if bytes < LEAST_MEMORY => {
                Err("less than `16MiB`, which the collector needs for itself".to_owned())
            }
            Ok(ByteSize(bytes)) => Ok(MemoryLimit::Bytes(bytes)),
            Err(invalid) => {
                let help = invalid.help.map(|help| format!("; {help}")).unwrap_or_default();
                Err(format!("{}; expected a size such as `256MiB`, `cgroup` or `none`{help}", invalid.label))
            }
        },
    }
}

/// A limit below what the process has without any data would drop all of it.
const LEAST_MEMORY: u64 = 16 << 20;

#[derive(Debug, ClapArgs)]
pub(crate) struct Validate {
    /// The pipeline file; may be given more than once.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) config: Vec<PathBuf>,

    /// Print every resolved value and where it came from.
    #[arg(long)]
    pub(crate) explain: bool,

    /// How mistakes are shown.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: MistakeFormat,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PipelineFile {
    /// The pipeline file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Which {
    /// The components to show; all of them if none is named.
    #[arg(value_name = "KIND")]
    pub(crate) kinds: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MistakeFormat {
    /// Drawn with the lines they are about.
    #[default]
    Human,
    /// One a line: FILE:LINE:COL: message.
    Short,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

pub(crate) fn parse(app: &App, arguments: Vec<OsString>) -> Result<Args, clap::Error> {
    let mut command = Args::command().name(app.build.command).bin_name(app.build.command);
    if !app.build.description.is_empty() {
        command = command.about(app.build.description);
    }
    Args::from_arg_matches(&command.try_get_matches_from(arguments)?)
}
