// SPDX-License-Identifier: Apache-2.0
//! Compiles pipeline files: YAML in, Rust out, or every mistake of every file.
//!
//! The stages, each a folder or file, none of which looks back:
//!
//! | stage | from | to |
//! |---|---|---|
//! | `parse` | bytes | a tree in which everything keeps its position |
//! | `resolve` | the tree | components and pipelines that know each other |
//! | `configure` | each component's part of the tree | its config, decoded by its own type |
//! | `across` | all configs of a file | what only shows in several of them |
//! | [`plan`] | a file without mistakes | what will run, printable |
//! | [`emit`] | plans | Rust |
//!
//! A plain library: a build script uses it through [`build`], the command line directly.
//!
//! Invariant: no component is known here by name. What there is to know of components comes
//! from the [`Catalog`]. Nothing is emitted from a file with an error, nothing is guessed, and
//! no input makes the compiler panic, hang or use memory without bounds.

#![forbid(unsafe_code)]

mod across;
pub mod build;
mod configure;
mod emit;
mod explain;
mod graph;
mod json_schema;
mod limits;
mod parse;
pub mod plan;
mod report;
mod resolve;
mod source;
mod words;

use tracecore_schema::{Catalog, Problem, Severity, Span};

pub use emit::emit;
pub use explain::{explain, summary};
pub use graph::graph;
pub use json_schema::json_schema;
pub use plan::Plan;
pub use report::{Look, Report};
pub use source::{Position, Source};

use source::{Files, Text};

/// What the executable is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// It is linked fully statically, so it cannot load a library.
    pub fully_static: bool,
}

impl Target {
    /// A target that is, or is not, linked fully statically.
    #[must_use]
    pub const fn fully_static(mut self, fully_static: bool) -> Self {
        self.fully_static = fully_static;
        self
    }
}

/// What became of a set of files.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The plans of the files without mistakes, in the order of the sources.
    pub plans: Vec<Plan>,
    /// What is wrong with the others, and warnings.
    pub report: Report,
}

impl Compilation {
    /// Whether no file has a mistake.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.report.errors() == 0
    }
}

/// Compiles files with the components of a catalog.
#[must_use]
pub fn compile(sources: &[Source], catalog: &Catalog) -> Compilation {
    compile_for(sources, catalog, Target::default())
}

/// Compiles files for a target that may lack something.
#[must_use]
pub fn compile_for(sources: &[Source], catalog: &Catalog, target: Target) -> Compilation {
    let mut files = Files::default();
    let mut all = Vec::new();
    let mut plans = Vec::new();
    for source in sources {
        let mut problems = Vec::new();
        let (text, plan) = one(files.next(), source, catalog, target, &mut problems);
        let twin = sources[..files.next().0 as usize].iter().position(|other| other.stem() == source.stem());
        if let Some(twin) = twin {
            let message = format!("two files are called `{}`: {}", source.stem(), sources[twin].path());
            let label = format!("and {}", source.path());
            problems.push(
                Problem::error(Span::new(files.next(), 0, 0), message, label)
                    .help("rename one: `--pipeline` picks a file by its name"),
            );
        }
        files.add(text);
        plans.extend(plan.filter(|_| !any_error(&problems)));
        all.append(&mut problems);
    }
    Compilation { plans, report: Report::new(files, all) }
}

fn any_error(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

/// The table of contents: one file through all stages.
fn one(
    file: tracecore_schema::FileId,
    source: &Source,
    catalog: &Catalog,
    target: Target,
    problems: &mut Vec<Problem>,
) -> (Text, Option<Plan>) {
    let (text, tree) = parse::parse(file, source, problems);
    let Some(tree) = tree else { return (text, None) };
    let mut found = Vec::new();
    let resolved = resolve::resolve(&tree.root, catalog, &mut found);
    let telemetry = configure::telemetry(resolved.telemetry, &mut found);
    let configured = configure::configure(&resolved, &mut found);
    let checked = across::Checked { resolved: &resolved, configured: &configured, telemetry: &telemetry };
    across::check(&checked, target, &mut found);
    // What the reader has reported is not reported again by whoever stumbles over it.
    found.retain(|problem| !tree.poisoned.contains(&problem.span));
    problems.append(&mut found);
    let plan = if any_error(problems) { None } else { plan::make(&text, &checked) };
    (text, plan)
}
