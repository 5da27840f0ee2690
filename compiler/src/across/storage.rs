// SPDX-License-Identifier: Apache-2.0
//! Two queues in one folder, or one within another's: each folder belongs to one exporter.

use tracecore_schema::delivery::StoragePath;
use tracecore_schema::{Fact, Problem};

use super::{Checked, Told};

pub(super) fn check(file: &Checked<'_, '_, '_>, problems: &mut Vec<Problem>) {
    let mut known: Vec<(&StoragePath, Told<'_, '_, '_>)> = Vec::new();
    for told in file.facts() {
        let Fact::Storage(path) = told.fact else { continue };
        let overlaps = |other: &StoragePath| {
            path.as_path().starts_with(other.as_path()) || other.as_path().starts_with(path.as_path())
        };
        if let Some((other, first)) = known.iter().find(|(other, _)| overlaps(other)) {
            let (earlier, later) = (first.component, told.component);
            let message = if other.as_path() == path.as_path() {
                format!(
                    "exporters `{}` and `{}` both keep what waits in {}",
                    earlier.id,
                    later.id,
                    path.as_path().display()
                )
            } else {
                format!(
                    "exporters `{}` and `{}` keep what waits in {} and {}, one within the other",
                    earlier.id,
                    later.id,
                    other.as_path().display(),
                    path.as_path().display()
                )
            };
            problems.push(
                Problem::error(told.place, message, "taken")
                    .related(first.place, "taken here")
                    .help("give each a folder of its own"),
            );
        } else {
            known.push((path, told));
        }
    }
}
