// SPDX-License-Identifier: Apache-2.0
//! Commands about pipeline files: `validate`, `expand`, `graph`, `schema`.
//!
//! All of them compile with the code that the build uses, so none can say something else.

use std::path::{Path, PathBuf};

use tracecore_compiler::{Compilation, Look, Plan, Source, compile, emit, explain, json_schema, summary};

use crate::args::{MistakeFormat, PipelineFile, Validate};
use crate::output::{print, say, stderr_has_colors};
use crate::{App, Exit};

/// `validate`: what is wrong goes to the standard error, what is right to the standard output.
pub(crate) fn validate(app: &App, args: &Validate) -> Exit {
    let Some(compilation) = compiled(app, &args.config, args.format) else { return Exit::Usage };
    if !compilation.is_ok() {
        return Exit::Usage;
    }
    let show: fn(&Plan) -> String = if args.explain { explain } else { summary };
    print(&compilation.plans.iter().map(show).collect::<String>())
}

/// `expand`: the code that the file becomes.
pub(crate) fn expand(app: &App, args: &PipelineFile) -> Exit {
    plans(app, &args.file, emit)
}

/// `graph`: the file as a picture.
pub(crate) fn graph(app: &App, args: &PipelineFile) -> Exit {
    plans(app, &args.file, |plans| plans.iter().map(tracecore_compiler::graph).collect())
}

/// `schema`: what an editor needs to know.
pub(crate) fn schema(app: &App) -> Exit {
    print(&format!("{:#}\n", json_schema(&(app.catalog)())))
}

fn plans(app: &App, file: &Path, show: impl FnOnce(&[Plan]) -> String) -> Exit {
    match compiled(app, &[file.to_owned()], MistakeFormat::Human) {
        Some(compilation) if compilation.is_ok() => print(&show(&compilation.plans)),
        _ => Exit::Usage,
    }
}

/// Compiles the files and says what is wrong with them. `None`: one cannot be read.
fn compiled(app: &App, files: &[PathBuf], format: MistakeFormat) -> Option<Compilation> {
    let mut sources = Vec::with_capacity(files.len());
    for file in files {
        match Source::read(file, file.to_string_lossy()) {
            Ok(source) => sources.push(source),
            Err(error) => say(&format!("error: cannot read {}: {error}\n", file.display())),
        }
    }
    if sources.len() < files.len() {
        return None;
    }
    let compilation = compile(&sources, &(app.catalog)());
    match format {
        MistakeFormat::Human => {
            let look = if stderr_has_colors() { Look::Color } else { Look::Plain };
            say(&compilation.report.draw(look));
        }
        MistakeFormat::Short => compilation.report.lines().for_each(|line| say(&format!("{line}\n"))),
    }
    Some(compilation)
}
