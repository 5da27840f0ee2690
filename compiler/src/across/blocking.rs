// SPDX-License-Identifier: Apache-2.0
//! An exporter whose full queue makes a lane wait, on a lane that also feeds a page: the page
//! would go stale because somebody else's backend is slow.

use tracecore_schema::{Fact, Problem, Role};

use super::{Checked, Told};

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    for blocking in file.facts().filter(|told| matches!(told.fact, Fact::Blocks)) {
        for shown in file.facts() {
            let Fact::Page(page) = shown.fact else { continue };
            let Some(receiver) = common_receiver(file, blocking.index, shown.index) else { continue };
            let (waits, shows) = (blocking.component, shown.component);
            let message = format!(
                "exporter `{}` may make receiver `{receiver}` wait, which also feeds {page} of exporter `{}`",
                waits.id, shows.id
            );
            let place = place(&blocking);
            problems.push(
                Problem::error(place, message, "may hold up the receiver")
                    .related(shows.place, "would go stale meanwhile")
                    .help("use `overflow: drop_oldest`, or give the page a receiver of its own"),
            );
            break;
        }
    }
}

/// A default stands nowhere in the file; its owner does.
fn place(told: &Told<'_, '_, '_>) -> tracecore_schema::Span {
    if told.place == told.component.config.span { told.component.place } else { told.place }
}

/// A receiver whose lane feeds both exporters: through one pipeline or two.
fn common_receiver<'a>(file: &'a Checked<'_, '_, '_>, one: usize, other: usize) -> Option<&'a str> {
    let feeds = |receiver: usize, exporter: usize| {
        let mut pipelines = file.resolved.pipelines_of(receiver);
        pipelines.any(|pipeline| pipeline.names(exporter))
    };
    let mut receivers = file.resolved.of(Role::Receiver);
    let found = receivers.find(|(receiver, _)| feeds(*receiver, one) && feeds(*receiver, other))?;
    Some(found.1.id)
}
