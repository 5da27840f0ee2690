// SPDX-License-Identifier: Apache-2.0
//! The plan: what will run, with every name resolved and every value known or a hole.
//!
//! The plan is what everything after the checks works with: generated code, explanation, graph.
//! It is printable (`Display`), and [`Plan::hash`] says whether two files run the same.

mod hash;
mod make;
mod print;

use tracecore_schema::{Literal, Role, SignalKind};

pub(crate) use make::make;

use crate::Position;

/// One pipeline file, ready to be compiled.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The file's stem, by which `--pipeline` picks it: `gpu-node`.
    pub name: String,
    /// The file as messages show it: `pipelines/gpu-node.yaml`.
    pub file: String,
    /// Says what runs, whatever it is called and however it is laid out: 16 hex digits that
    /// change with every component, value, default and connection, and with nothing else.
    pub hash: String,
    /// The collector's own surface; `None` if nothing listens.
    pub telemetry: Option<Telemetry>,
    /// The exporters that run, in file order.
    pub exporters: Vec<Stage>,
    /// The processors that run, in file order. Each branch gets an instance of its own.
    pub processors: Vec<Stage>,
    /// One lane per receiver that runs, in file order.
    pub lanes: Vec<Lane>,
    /// The pipelines in file order.
    pub pipelines: Vec<Pipeline>,
    /// What start-up fills, in the order in which generated code counts it.
    pub holes: Vec<Hole>,
}

/// The collector's own surface.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Its config as Rust; holes count from 0.
    pub config: Literal,
    /// Every value of it.
    pub settings: Vec<Setting>,
    /// Where the block stands.
    pub place: Position,
}

/// One component that runs.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What it does.
    pub role: Role,
    /// `kind` or `kind/name`, as written (contract R6).
    pub id: String,
    /// The module by which generated code names it.
    pub module: String,
    /// Its type in that module, chosen by the fixed fields of its config.
    pub rust_type: &'static str,
    /// Its config as Rust; holes count from `first_hole`.
    pub config: Literal,
    /// Where its holes begin in [`Plan::holes`].
    pub first_hole: usize,
    /// Every value of its config, defaults included.
    pub settings: Vec<Setting>,
    /// Where its id stands.
    pub place: Position,
}

/// One receiver and where its data goes.
#[derive(Clone, Debug)]
pub struct Lane {
    /// The receiver.
    pub receiver: Stage,
    /// One branch per pipeline that names it.
    pub branches: Vec<Branch>,
}

/// The way of one receiver's data through one pipeline.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The pipeline's id.
    pub pipeline: String,
    /// What it carries.
    pub signal: SignalKind,
    /// The ids of its processors, in order.
    pub processors: Vec<String>,
    /// The ids of its exporters.
    pub exporters: Vec<String>,
    /// Where the pipeline names the receiver.
    pub place: Position,
}

/// One pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its id.
    pub id: String,
    /// What it carries.
    pub signal: SignalKind,
    /// The ids of its receivers.
    pub receivers: Vec<String>,
    /// The ids of its processors, in order.
    pub processors: Vec<String>,
    /// The ids of its exporters.
    pub exporters: Vec<String>,
    /// Where its id stands.
    pub place: Position,
}

/// A place that start-up fills.
#[derive(Clone, Debug)]
pub struct Hole {
    /// The component by its whole path (`receivers.nvml`), or `telemetry`.
    pub component: String,
    /// The config type that checks the text, as generated code names its module; `None` for
    /// the telemetry block.
    pub module: Option<String>,
    /// The config type's name.
    pub config: String,
    /// The place within the component.
    pub path: Vec<String>,
    /// What fills it, as written.
    pub template: String,
    /// Where it stands.
    pub place: Position,
}

/// One resolved value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The field by its whole path: `receivers.nvml.collection_interval`.
    pub path: String,
    /// The value as somebody would write it.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file says so, there.
    File(Position),
    /// Start-up fills it; the template stands there.
    Hole(Position),
    /// Nobody says so.
    Default,
}

impl Plan {
    /// Every component that runs: exporters, processors, receivers.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        let receivers = self.lanes.iter().map(|lane| &lane.receiver);
        self.exporters.iter().chain(&self.processors).chain(receivers)
    }
}
