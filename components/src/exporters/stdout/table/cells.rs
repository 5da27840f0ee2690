// SPDX-License-Identifier: Apache-2.0
//! Where a series goes in the table: worked out once, when it is admitted.
//!
//! What a series is about (a GPU, a disk) is a row, what it says of it is a column. A series
//! that is about nothing in particular (the machine's memory) is an entry of a list.

use std::sync::Arc;

use tracecore_runtime::page::{PageFormat, Placed};
use tracecore_runtime::signal::{Refused, Series};
use tracecore_schema::{Attribute, Descriptor};

/// Something that has a row of its own.
#[derive(Debug)]
pub(super) struct Entity {
    /// The attribute that names it.
    pub(super) key: &'static str,
    /// The heading of its rows.
    pub(super) title: &'static str,
    /// Attributes that describe it as well, and so are not part of a column.
    describe: &'static [&'static str],
}

/// In the order in which they are shown. Of two that a series has, the first counts.
pub(super) const ENTITIES: [Entity; 5] = [
    Entity {
        key: "hw.id",
        title: "device",
        describe: &[
            "hw.name",
            "hw.model",
            "hw.vendor",
            "hw.serial_number",
            "hw.driver_version",
            "hw.firmware_version",
            "hw.parent",
            "hw.type",
        ],
    },
    Entity { key: "cpu.logical_number", title: "cpu", describe: &[] },
    Entity {
        key: "system.filesystem.mountpoint",
        title: "filesystem",
        describe: &["system.device", "system.filesystem.type", "system.filesystem.mode"],
    },
    Entity { key: "system.device", title: "disk", describe: &[] },
    Entity { key: "network.interface.name", title: "interface", describe: &[] },
];

/// Places every series in the table.
#[derive(Clone, Copy, Debug)]
pub struct Cells;

/// A series' place in the table.
#[derive(Debug)]
pub struct Cell {
    pub(super) metric: &'static Descriptor,
    pub(super) row: Option<Row>,
    /// The values of the attributes that tell it from others of the metric.
    pub(super) qualifiers: Vec<String>,
}

/// The row of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The place among [`ENTITIES`].
    pub(super) entity: usize,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) model: Option<String>,
}

impl PageFormat for Cells {
    type Family = ();
    type Item = Arc<Cell>;

    fn place(&self, series: &Series) -> Result<Vec<Placed<Self>>, Refused> {
        let metric = series.descriptor;
        // Always 1: what such a metric says is in its attributes.
        if metric.name.ends_with(".info") {
            return Ok(Vec::new());
        }
        let identity: Vec<_> =
            series.attributes.iter().map(|one| format!("{}={:?}", one.key, one.value.to_string())).collect();
        Ok(vec![Placed {
            family_name: metric.name.to_owned(),
            also_named: Vec::new(),
            signature: format!("{} in `{}`", metric.instrument.name(), metric.unit),
            family: (),
            identity: identity.join(","),
            item: Arc::new(Cell::new(series)),
        }])
    }
}

impl Cell {
    fn new(series: &Series) -> Self {
        let find = |key: &str| series.attributes.iter().find(|one| one.key == key).map(text);
        let row = ENTITIES.iter().enumerate().find_map(|(entity, known)| {
            let id = find(known.key)?;
            let (label, model) = if known.key == "hw.id" {
                (find("hw.name").unwrap_or_else(|| id.clone()), find("hw.model"))
            } else {
                (id.clone(), None)
            };
            Some(Row { entity, id, label, model })
        });
        let entity = row.as_ref().map(|row| &ENTITIES[row.entity]);
        let describes = |key: &str| entity.is_some_and(|one| one.key == key || one.describe.contains(&key));
        let qualifiers = series.attributes.iter().filter(|one| !describes(&one.key)).map(text).collect();
        Self { metric: series.descriptor, row, qualifiers }
    }
}

fn text(attribute: &Attribute) -> String {
    attribute.value.to_string()
}
