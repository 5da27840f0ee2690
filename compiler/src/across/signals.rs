// SPDX-License-Identifier: Apache-2.0
//! A component that could carry a signal, but not as it is configured.

use tracecore_schema::{Fact, Problem};

use super::Checked;

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    for told in file.facts() {
        let Fact::Refuses(signal, why) = told.fact else { continue };
        let component = told.component;
        for pipeline in file.resolved.pipelines_of(told.index).filter(|one| one.signal == *signal) {
            let mut stage = pipeline.stage(component.role).iter();
            let Some(named) = stage.find(|named| named.component == told.index) else { continue };
            let message = format!(
                "{} `{}` has nothing to do with {signal} as it is configured, but pipeline `{}` carries {signal}",
                component.role, component.id, pipeline.id
            );
            problems.push(
                Problem::error(named.place, message, format!("carries {signal}"))
                    .related(component.place, "configured here")
                    .help(*why),
            );
        }
    }
}
