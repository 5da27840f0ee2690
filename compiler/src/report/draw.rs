// SPDX-License-Identifier: Apache-2.0
//! A problem drawn with the lines it is about.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use tracecore_schema::{FileId, Problem, Severity, Span};

use crate::source::{Files, Text, offset};

/// How problems are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Text and nothing else.
    #[default]
    Plain,
    /// With a terminal's colours.
    Color,
}

/// Lines that are drawn in full; of a longer one only the part around the place is.
const LINE_BYTES: usize = 400;
/// Bytes that are underlined; what goes on behind them says nothing more.
const MARK_BYTES: usize = 80;

pub(super) fn draw(files: &Files, problem: &Problem, look: Look) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(problem.message.as_str()));
    let mut marks: Vec<Mark<'_>> = vec![Mark { span: problem.span, label: &problem.label, first: true }];
    marks.extend(problem.related.iter().map(|(span, label)| Mark { span: *span, label, first: false }));
    let mut drawn: Vec<FileId> = Vec::new();
    for mark in &marks {
        let file = mark.span.file;
        if let (false, Some(text)) = (drawn.contains(&file), files.get(file)) {
            drawn.push(file);
            let of_file: Vec<_> = marks.iter().filter(|mark| mark.span.file == file).collect();
            group = group.element(snippet(text, &of_file));
        }
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match look {
        Look::Plain => Renderer::plain(),
        Look::Color => Renderer::styled(),
    };
    let drawn = renderer.render(&[group]);
    // A renderer's trailing blanks are noise in a snapshot and in a terminal alike.
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

struct Mark<'p> {
    span: Span,
    label: &'p str,
    first: bool,
}

fn snippet<'t>(text: &'t Text, marks: &[&Mark<'t>]) -> Snippet<'t, Annotation<'t>> {
    let start = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    let end = marks.iter().map(|mark| mark.span.start).max().unwrap_or(0);
    let (mut range, first) = text.lines(start, end);
    if range.len() > LINE_BYTES && !text.text[range.clone()].contains('\n') {
        let middle = start as usize;
        let from = text.floor(middle.saturating_sub(LINE_BYTES / 2).max(range.start));
        range = from..text.floor((middle + LINE_BYTES / 2).min(range.end));
    }
    let annotations = marks.iter().map(|mark| {
        let kind = if mark.first { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(on_one_line(text, mark.span, &range)).label(mark.label)
    });
    Snippet::source(&text.text[range.clone()])
        .line_start(first)
        .path(text.path.as_str())
        .annotations(annotations.collect::<Vec<_>>())
}

/// What of a span is underlined: its first line, and never nothing.
fn on_one_line(text: &Text, span: Span, shown: &Range<usize>) -> Range<usize> {
    let start = text.floor(span.start as usize).clamp(shown.start, shown.end);
    let (line, _) = text.lines(offset(start), offset(start));
    let line_end = line.end.min(shown.end);
    let line_end = text.text[..line_end].strip_suffix('\r').map_or(line_end, str::len);
    let end = text.floor((span.end as usize).min(start + MARK_BYTES)).min(line_end).max(start);
    start - shown.start..end - shown.start
}
