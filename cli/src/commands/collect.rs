// SPDX-License-Identifier: Apache-2.0
//! `collect`: run a compiled pipeline.

use tracecore_runtime::{Pipeline, RunError, RunOptions};
use tracecore_schema::nearest;

use crate::args::Collect;
use crate::{App, Exit};

pub(crate) fn collect(app: &App, args: &Collect) -> Exit {
    let pipeline = match pick(app.pipelines, &args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(why) => {
            tracing::error!("{why}");
            return Exit::Usage;
        }
    };
    tracing::info!(
        pipeline = pipeline.name,
        file = pipeline.file,
        hash = pipeline.hash,
        version = app.build.version,
        revision = app.build.revision,
        "starting {}",
        app.build.command
    );
    let options = RunOptions::default().once(args.once).memory(args.memory_limit);
    match tracecore_runtime::run(pipeline, &options, app.build.clone()) {
        Ok(()) => Exit::Success,
        Err(error) => {
            tracing::error!("{error}");
            match error {
                RunError::Config(_) => Exit::Usage,
                RunError::Runtime(_) => Exit::Failure,
            }
        }
    }
}

fn pick(pipelines: &'static [&'static Pipeline], name: &str) -> Result<&'static Pipeline, String> {
    if let Some(pipeline) = pipelines.iter().find(|pipeline| pipeline.name == name) {
        return Ok(pipeline);
    }
    let names = || pipelines.iter().map(|pipeline| pipeline.name);
    let help = match (nearest(name, names()), pipelines.is_empty()) {
        (_, true) => "no pipeline was compiled into this binary".to_owned(),
        (Some(near), _) => format!("did you mean `--pipeline {near}`?"),
        (None, _) => {
            let known: Vec<_> = names().map(|name| format!("`{name}`")).collect();
            format!("choose with `--pipeline`: this binary has {}", known.join(", "))
        }
    };
    Err(format!("this binary has no pipeline `{name}`; {help}"))
}
