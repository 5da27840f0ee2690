// SPDX-License-Identifier: Apache-2.0
//! Blocks of text: a grid of rows and columns, or a list of names with their values. A grid that
//! is too wide is cut into several, each with the row's names.

use std::cmp::Ordering;

/// Between two columns.
const GAP: usize = 2;
/// The width of a name in a list; longer ones push their values on.
const NAME: usize = 36;
/// A column is at least this wide, so that it does not move when a value grows.
const LEAST: usize = 8;

/// A column of a grid: words above, then a value for each row.
#[derive(Debug)]
pub(super) struct GridColumn {
    pub(super) header: Vec<String>,
    pub(super) values: Vec<Option<String>>,
}

/// Lays out a grid. Each inner list is a block of lines that fits the width.
pub(super) fn grid(title: &str, rows: &[String], columns: &[GridColumn], width: usize) -> Vec<Vec<String>> {
    let names = rows.iter().map(|row| len(row)).chain([len(title)]).max().unwrap_or(0);
    let mut blocks = Vec::new();
    let mut rest = columns;
    while !rest.is_empty() {
        let mut used = names;
        let fitting = rest.iter().take_while(|column| {
            used += GAP + column.width();
            used <= width
        });
        // A column that is wider than the terminal stands alone and is cut by whoever draws.
        let (these, others) = rest.split_at(fitting.count().max(1));
        blocks.push(block(title, rows, these, names));
        rest = others;
    }
    blocks
}

impl GridColumn {
    fn width(&self) -> usize {
        let header = self.header.iter().map(|word| len(word));
        let values = self.values.iter().flatten().map(|value| len(value));
        header.chain(values).max().unwrap_or(0).max(LEAST)
    }
}

fn block(title: &str, rows: &[String], columns: &[GridColumn], names: usize) -> Vec<String> {
    let height = columns.iter().map(|column| column.header.len()).max().unwrap_or(0).max(1);
    let line = |name: &str, cell: &dyn Fn(&GridColumn) -> String| {
        let mut line = pad_right(name, names);
        for column in columns {
            line.push_str(&" ".repeat(GAP));
            line.push_str(&pad_left(&cell(column), column.width()));
        }
        line.trim_end().to_owned()
    };
    let mut lines = Vec::with_capacity(height + rows.len());
    for at in 0..height {
        let name = if at + 1 == height { title } else { "" };
        // Words stand at the bottom, next to their values.
        lines.push(line(name, &|column| {
            let above = height - column.header.len();
            at.checked_sub(above).and_then(|at| column.header.get(at)).cloned().unwrap_or_default()
        }));
    }
    for (at, row) in rows.iter().enumerate() {
        lines.push(line(row, &|column| {
            column.values.get(at).and_then(Clone::clone).unwrap_or_else(|| "-".to_owned())
        }));
    }
    lines
}

/// Lays out a list: a name, then its values as far as they fit, then more lines of them.
pub(super) fn list(entries: &[(String, Vec<String>)], width: usize) -> Vec<String> {
    let names = entries.iter().map(|(name, _)| len(name)).max().unwrap_or(0).min(NAME);
    let mut lines = Vec::new();
    for (name, values) in entries {
        let mut line = pad_right(name, names);
        let mut fresh = true;
        for value in values {
            if !fresh && len(&line) + GAP + len(value) > width {
                lines.push(std::mem::replace(&mut line, " ".repeat(names)));
            }
            line.push_str(&" ".repeat(GAP));
            line.push_str(value);
            fresh = false;
        }
        lines.push(line);
    }
    lines
}

/// Compares names so that `gpu 10` comes after `gpu 2`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    pieces(a).cmp(pieces(b)).then_with(|| a.cmp(b))
}

/// A name in pieces: numbers as numbers, before anything else; every other character by itself.
fn pieces(mut text: &str) -> impl Iterator<Item = (char, u128)> {
    std::iter::from_fn(move || {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        if let Ok(number) = text[..digits].parse() {
            text = &text[digits..];
            return Some(('0', number));
        }
        let mut chars = text.chars();
        let first = chars.next()?;
        text = chars.as_str();
        Some((first, 0))
    })
}

pub(super) fn len(text: &str) -> usize {
    text.chars().count()
}

fn pad_right(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

fn pad_left(text: &str, width: usize) -> String {
    format!("{text:>width$}")
}
