// SPDX-License-Identifier: Apache-2.0
//! The order of columns, and what stands above them.

use tracecore_schema::Descriptor;

/// What somebody looks at first, as metric and first qualifier.
const CORE: [(&str, &str); 8] = [
    ("hw.gpu.utilization", "general"),
    ("hw.gpu.memory.usage", ""),
    ("hw.gpu.memory.limit", ""),
    ("hw.power", ""),
    ("hw.temperature", "gpu"),
    ("tracecore.gpu.clock.frequency", "sm"),
    ("tracecore.gpu.memory.activity", ""),
    ("hw.energy", ""),
];

/// What a name need not say in a table whose rows are named already.
const PREFIXES: [&str; 8] = [
    "tracecore.gpu.",
    "hw.gpu.",
    "hw.",
    "system.filesystem.",
    "system.disk.",
    "system.network.",
    "system.cpu.",
    "tracecore.",
];

/// A column: a metric, and which of its series of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    pub(super) metric: &'static Descriptor,
    pub(super) qualifiers: &'a [String],
}

impl<'a> Column<'a> {
    /// Sorts columns: the core first, limits last, the others by name.
    pub(super) fn order(&self) -> (usize, bool, &'static str, &'a [String]) {
        let first = self.qualifiers.first().map_or("", String::as_str);
        let core = CORE.iter().position(|(name, qualifier)| *name == self.metric.name && *qualifier == first);
        (core.unwrap_or(CORE.len()), self.metric.name.contains(".limit"), self.metric.name, self.qualifiers)
    }

    /// The words above the column, one on each line.
    pub(super) fn header(&self) -> Vec<&'a str> {
        let name = self.metric.name;
        let short = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        short.split('.').chain(self.qualifiers.iter().map(String::as_str)).collect()
    }
}
