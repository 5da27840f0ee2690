// SPDX-License-Identifier: Apache-2.0
//! A fully static executable cannot load a library: it would build, and crash as soon as the
//! library uses threads or a C library of its own.

use tracecore_schema::{Fact, Problem};

use super::Checked;

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    for told in file.facts() {
        let Fact::LoadsLibrary(library) = told.fact else { continue };
        let component = told.component;
        let Some(pipeline) = file.resolved.pipelines_of(told.index).next() else { continue };
        let message = format!(
            "{} `{}` of pipeline `{}` loads {library}, which a fully static executable (`+crt-static`) cannot",
            component.role, component.id, pipeline.id,
        );
        problems.push(
            Problem::error(component.place, message, "loads a library")
                .help("build without `+crt-static`, or compile other pipelines: `TRACECORE_PIPELINES=name`"),
        );
    }
}
