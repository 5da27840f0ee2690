// SPDX-License-Identifier: Apache-2.0
//! The table as lines of text.
//!
//! First a line about the whole, then the devices with what matters most, then the machine as
//! a list, then its parts, and at the end what else there is to say of the devices: what a
//! small terminal cuts off is what one looks at last.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracecore_runtime::page::{Point, Visitor};

use super::blocks::{GridColumn, grid, list, natural};
use super::cells::{Cell, Cells, ENTITIES, Row};
use super::columns::Column;
use super::human::{number, show};

/// What was read of the page.
#[derive(Debug, Default)]
pub(super) struct Points {
    points: Vec<(Arc<Cell>, Point)>,
}

impl Points {
    pub(super) fn clear(&mut self) {
        self.points.clear();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
}

impl Visitor<Cells> for Points {
    fn family(&mut self, _: &str, (): &()) {}

    fn point(&mut self, cell: &Arc<Cell>, point: Point) {
        self.points.push((Arc::clone(cell), point));
    }
}

/// The lines of the table, none wider than it may be unless a single value is.
pub(super) fn lines(points: &Points, host: &str, width: usize) -> Vec<String> {
    let mut first = Vec::new();
    let mut more = Vec::new();
    let mut devices = 0;
    for (at, entity) in ENTITIES.iter().enumerate() {
        let Some((rows, mut blocks)) = entities(points, at, entity.title, width) else { continue };
        if entity.key == "hw.id" {
            devices = rows;
            more = blocks.split_off(1);
        }
        first.append(&mut blocks);
    }
    let machine = list(&machine(points), width);
    if !machine.is_empty() {
        first.insert(usize::from(devices > 0), machine);
    }
    first.append(&mut more);

    let mut lines = vec![summary(points, host, devices)];
    for block in first {
        lines.push(String::new());
        lines.extend(block);
    }
    lines
}

fn summary(points: &Points, host: &str, devices: usize) -> String {
    let seconds =
        points.points.iter().map(|(_, point)| point.time_unix_nanos).max().unwrap_or(0) / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut line = format!("tracecore  {hours:02}:{minutes:02}:{seconds:02} UTC");
    if points.is_empty() {
        line = "tracecore  waiting for the first readings".to_owned();
    }
    if !host.is_empty() {
        line.push_str(&format!("  {host}"));
    }
    if devices > 0 {
        line.push_str(&format!("  {devices} device{}", if devices == 1 { "" } else { "s" }));
    }
    line + &format!("  {} series", points.points.len())
}

/// The number of rows and the blocks of one kind of entity.
fn entities(points: &Points, entity: usize, title: &str, width: usize) -> Option<(usize, Vec<Vec<String>>)> {
    let mut rows: Vec<&Row> = Vec::new();
    let mut cells = Vec::new();
    for (cell, point) in &points.points {
        let Some(row) = cell.row.as_ref().filter(|row| row.entity == entity) else { continue };
        let at = rows.iter().position(|known| known.id == row.id).unwrap_or_else(|| {
            rows.push(row);
            rows.len() - 1
        });
        cells.push((Column { metric: cell.metric, qualifiers: &cell.qualifiers }, at, *point));
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| natural(&rows[*a].label, &rows[*b].label));
    let mut columns = BTreeMap::new();
    for (column, row, point) in cells {
        let (_, values) = columns.entry(column.order()).or_insert_with(|| (column, vec![None; rows.len()]));
        values[row] = Some(show(column.metric, number(column.metric.number, point.bits)));
    }
    let columns: Vec<_> = columns
        .into_values()
        .map(|(column, values)| GridColumn {
            header: column.header().into_iter().map(ToOwned::to_owned).collect(),
            values: order.iter().map(|row| values[*row].clone()).collect(),
        })
        .collect();
    let names: Vec<_> = order.iter().map(|row| rows[*row].label.clone()).collect();
    let title = common_model(&rows).unwrap_or_else(|| title.to_owned());
    (!rows.is_empty()).then(|| (rows.len(), grid(&title, &names, &columns, width)))
}

/// The model, if all rows have the same.
fn common_model(rows: &[&Row]) -> Option<String> {
    let model = rows.first()?.model.as_ref()?;
    rows.iter().all(|row| row.model.as_ref() == Some(model)).then(|| model.clone())
}

/// What is about no part of the machine: a metric and its values.
fn machine(points: &Points) -> Vec<(String, Vec<String>)> {
    let mut entries: Vec<(String, Vec<String>)> = Vec::new();
    for (cell, point) in points.points.iter().filter(|(cell, _)| cell.row.is_none()) {
        let shown = show(cell.metric, number(cell.metric.number, point.bits));
        let value =
            if cell.qualifiers.is_empty() { shown } else { format!("{} {shown}", cell.qualifiers.join(" ")) };
        match entries.last_mut() {
            Some((name, values)) if name == cell.metric.name => values.push(value),
            _ => entries.push((cell.metric.name.to_owned(), vec![value])),
        }
    }
    // The collector's own process comes last.
    entries.sort_by(|(a, _), (b, _)| {
        let own = |name: &str| name.starts_with("process.");
        own(a).cmp(&own(b)).then_with(|| natural(a, b))
    });
    entries
}
