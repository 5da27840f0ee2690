// SPDX-License-Identifier: Apache-2.0
//! `--version`: who this binary is and what is in it (contract M2).

use std::fmt::Write as _;

use tracecore_runtime::telemetry::versions;
use tracecore_schema::Role;

use crate::output::print;
use crate::{App, Exit};

pub(crate) fn version(app: &App) -> Exit {
    print(&text(app))
}

fn text(app: &App) -> String {
    let build = &app.build;
    let mut out = format!("{} {}\n", build.command, build.version);
    let libraries: Vec<_> =
        versions().into_iter().map(|(library, version)| format!("{library}={version}")).collect();
    let pipelines: Vec<_> = app.pipelines.iter().map(|pipeline| pipeline.name).collect();
    let mut line = |key: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{key:<12}{}", if value.is_empty() { "none" } else { value });
    };
    line("revision", build.revision);
    line("built", build.date);
    line("target", build.target);
    line("libraries", &libraries.join(", "));
    let catalog = (app.catalog)();
    for role in Role::ALL {
        let mut kinds: Vec<_> =
            catalog.entries().iter().filter(|entry| entry.role == role).map(|entry| entry.kind).collect();
        kinds.sort_unstable();
        line(role.section(), &kinds.join(", "));
    }
    line("pipelines", &pipelines.join(", "));
    out
}
