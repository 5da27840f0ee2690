// SPDX-License-Identifier: Apache-2.0
//! `${..}` in a scalar, with the offending bytes of one that is wrong.

use tracecore_schema::{NodeKind, Problem, Span, Style, Template, TemplateError, Text};

use crate::source::offset;

/// A scalar as text or template. `raw` is the scalar as the file has it, `span` its place.
pub(super) fn scalar(text: String, style: Style, raw: &str, span: Span) -> Result<NodeKind, Problem> {
    if !text.contains('$') {
        return Ok(NodeKind::Scalar(Text { text, style }));
    }
    match Template::parse(&text) {
        Ok(Ok(text)) => Ok(NodeKind::Scalar(Text { text, style })),
        Ok(Err(template)) => Ok(NodeKind::Template(template)),
        Err(error) => {
            let span = locate(&error, &text, raw, span);
            Err(Problem::error(span, error.message, "not a substitution").help(error.help))
        }
    }
}

/// The bytes of the file in which an error stands. Escapes and folded lines make a scalar's
/// text differ from what the file has; then the `${` is found by counting.
fn locate(error: &TemplateError, text: &str, raw: &str, span: Span) -> Span {
    let piece = &text[error.start..error.end];
    let nth = text[..error.start].matches("${").count();
    let Some((at, _)) = raw.match_indices("${").nth(nth) else { return span };
    let length = if raw[at..].starts_with(piece) { piece.len() } else { 2 };
    let start = span.start + offset(at);
    Span { start, end: start + offset(length), ..span }
}
