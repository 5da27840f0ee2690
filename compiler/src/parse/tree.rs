// SPDX-License-Identifier: Apache-2.0
//! From the YAML reader's events to a tree of nodes.
//!
//! A node that has text of its own on the line of its key (a scalar, `[..]`, `{..}`) stands
//! where that text stands. One that has not (a map or list in block form, nothing) stands
//! where its key stands: that is what a reader would point at.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use tracecore_schema::{FileId, Key, Node, NodeKind, Problem, Span, Style, Text};

use super::aliases::{Anchors, Size};
use super::frame::{Frame, Merge, Pending};
use super::{Tree, syntax, template};
use crate::limits;
use crate::source::offset;

/// Reads the tree; `None` if there is none to check any further.
pub(super) fn build(file: FileId, source: &str, problems: &mut Vec<Problem>) -> Option<Tree> {
    let mut parser = Parser::new_from_str(source);
    let mut builder = Builder {
        places: Places::new(file, source),
        source,
        problems,
        poisoned: Vec::new(),
        stack: Vec::new(),
        anchors: Anchors::default(),
        total: Size::default(),
        root: None,
    };
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => builder.step(event, span),
            Err(error) => Err(builder.unreadable(&error)),
        };
        if let Err(problem) = step {
            builder.problems.push(problem);
            return None;
        }
    }
    let Builder { root, poisoned, .. } = builder;
    match root {
        Some(root) => Some(Tree { root, poisoned }),
        None => {
            problems.push(
                Problem::error(Span::new(file, 0, 0), "the file is empty", "expected a pipeline file")
                    .help("a pipeline file has `receivers:`, `exporters:` and `pipelines:`"),
            );
            None
        }
    }
}

/// A problem after which the rest of the file cannot be read.
type Step<T = ()> = Result<T, Problem>;

struct Builder<'s, 'p> {
    places: Places,
    source: &'s str,
    problems: &'p mut Vec<Problem>,
    poisoned: Vec<Span>,
    stack: Vec<Frame>,
    anchors: Anchors,
    total: Size,
    root: Option<Node>,
}

impl Builder<'_, '_> {
    fn step(&mut self, event: Event<'_>, at: saphyr_parser::Span) -> Step {
        let span = self.places.range(at);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Problem::error(span, "the file has more than one document", "a second one starts here")
                    .help("a pipeline file is one document: remove `---`"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                self.scalar(text.into_owned(), style, anchor, span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                self.open(Frame::list(span, anchor))
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span);
                self.open(Frame::map(span, anchor))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                if self.stack.last().is_some_and(Frame::wants_key) {
                    return Err(not_a_key(span, "an alias"));
                }
                let (node, size) = self.anchors.expand(anchor, span, self.stack.len())?;
                self.total.expanded(size, span)?;
                self.attach(node, size)
            }
            _ => Ok(()),
        }
    }

    fn unreadable(&self, error: &ScanError) -> Problem {
        let mut span = self.places.character(*error.marker());
        let rest = self.source.get(span.start as usize..).unwrap_or_default();
        if rest.starts_with('*') {
            let word = rest.find([' ', ',', '[', ']', '{', '}', '\r', '\n']).unwrap_or(rest.len());
            span.end = span.start + offset(word);
        }
        let problem = match syntax::explain(error) {
            Some(known) => Problem::error(span, known.message, known.label).help(known.help),
            None => Problem::error(span, format!("not YAML: {}", error.info()), "cannot be read"),
        };
        // A bracket that is not closed shows lines later, as something else.
        let open = self.stack.iter().rev().find(|frame| self.bracket(frame.span).is_some());
        let Some((bracket, frame)) = open.and_then(|frame| Some((self.bracket(frame.span)?, frame))) else {
            return problem;
        };
        let between = self.source.get(frame.span.start as usize..span.start as usize);
        if !between.is_some_and(|between| between.contains('\n')) {
            return problem;
        }
        let close = if bracket == b'[' { ']' } else { '}' };
        problem
            .related(frame.span, "opened here and still open")
            .help(format!("is a `{close}` missing before this line?"))
    }

    /// `[` or `{` if the list or map that begins here stands in brackets.
    fn bracket(&self, span: Span) -> Option<u8> {
        let byte = self.source.as_bytes().get(span.start as usize)?;
        matches!(byte, b'[' | b'{').then_some(*byte)
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, span: Span) {
        let Some(tag) = tag else { return };
        let name = match tag.is_yaml_core_schema() {
            true => format!("!!{}", tag.suffix),
            false => tag.to_string(),
        };
        let mut problem = Problem::error(span, format!("the tag `{name}` has no meaning here"), "has a tag");
        problem = problem.help(match name.as_str() {
            "!!str" => "write the text in quotes",
            _ => "remove it: the field decides what its value means",
        });
        self.problems.push(problem);
        self.poisoned.push(span);
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, anchor: usize, span: Span) -> Step {
        self.total.grow(Size::of_text(&text), span)?;
        let plain = style == ScalarStyle::Plain;
        if self.stack.last().is_some_and(Frame::wants_key) {
            if anchor != 0 {
                return Err(not_a_key(span, "an anchor"));
            }
            return self.key(text, plain, span);
        }
        let size = Size::of_text(&text);
        let (raw, key) = (self.raw(span), self.stack.last().and_then(Frame::key));
        let null = plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
        let kind = if plain && text.starts_with(['|', '>', '%', '@', '`']) {
            // The reader lets these pass within brackets; other readers do not.
            let first: String = text.chars().take(1).collect();
            let message = format!("a value cannot start with `{first}` here");
            Err(Problem::error(span, message, "reserved in YAML").help("put the text in quotes"))
        } else if null {
            Ok(NodeKind::Null)
        } else if text.len() > limits::SCALAR_BYTES {
            let message = format!("a text of more than {} KiB", limits::SCALAR_BYTES >> 10);
            Err(Problem::error(span, message, "too long"))
        } else {
            template::scalar(text, if plain { Style::Plain } else { Style::Quoted }, raw, span)
        };
        let kind = kind.unwrap_or_else(|problem| {
            self.problems.push(problem);
            self.poisoned.push(span);
            NodeKind::Scalar(Text { text: String::new(), style: Style::Quoted })
        });
        let span = if span.start == span.end { key.unwrap_or(span) } else { span };
        let node = Node { span, kind };
        self.anchors.define(anchor, &node, size);
        self.attach(node, size)
    }

    fn key(&mut self, text: String, plain: bool, span: Span) -> Step {
        if text.len() > limits::KEY_BYTES {
            return Err(Problem::error(
                span,
                format!("a key of more than {} bytes", limits::KEY_BYTES),
                "too long",
            ));
        }
        if text.is_empty() {
            return Err(Problem::error(span, "a key is empty", "expected a key before `:`"));
        }
        if text.contains("${") {
            self.problems.push(
                Problem::error(span, format!("the key `{text}` takes no substitution"), "not known now")
                    .help("keys choose structure, which is fixed when the binary is built"),
            );
            self.poisoned.push(span);
        }
        let merge = plain && text == "<<";
        let key = Key { text, span };
        if let Some(frame) = self.stack.last_mut() {
            let message = format!("the key `{}` stands twice in one map", key.text);
            if let Some(first) = frame.begin(Pending { key, merge }) {
                self.problems.push(Problem::error(span, message, "again here").related(first, "first here"));
            }
        }
        Ok(())
    }

    fn open(&mut self, frame: Frame) -> Step {
        if self.stack.last().is_some_and(Frame::wants_key) {
            return Err(not_a_key(frame.span, "a list or a map"));
        }
        if self.stack.len() >= limits::DEPTH {
            return Err(too_deep(frame.span));
        }
        self.total.grow(Size::node(), frame.span)?;
        self.stack.push(frame);
        Ok(())
    }

    fn close(&mut self, end: Span) -> Step {
        let Some(mut frame) = self.stack.pop() else { return Ok(()) };
        let span = if self.bracket(frame.span).is_some() {
            Span { end: end.end, ..frame.span }
        } else {
            self.stack.last().and_then(Frame::key).unwrap_or(frame.span)
        };
        for Merge { at, node } in frame.take_merges() {
            if let Err(found) = frame.merge(node) {
                self.problems.push(
                    Problem::error(at, format!("`<<` takes a map, found {found}"), "nothing to merge")
                        .help("write `<<: *name`, where `&name` stands before a map"),
                );
            }
        }
        let (size, anchor) = (frame.size(), frame.anchor);
        let node = Node { span, kind: frame.into_kind() };
        self.anchors.define(anchor, &node, size);
        self.attach(node, size)
    }

    fn attach(&mut self, node: Node, size: Size) -> Step {
        match self.stack.last_mut() {
            Some(frame) => frame.add(node, size),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn raw(&self, span: Span) -> &str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

pub(super) fn too_deep(span: Span) -> Problem {
    let message = format!("more than {} lists and maps within each other", limits::DEPTH);
    Problem::error(span, message, "too deep").help("a pipeline file is a few levels deep")
}

fn not_a_key(span: Span, what: &str) -> Problem {
    Problem::error(span, format!("a key is a text, found {what}"), "not a key")
        .help("write `key: value`; a text that starts with `*`, `&`, `[` or `{` stands in quotes")
}

/// The way from the reader's places, which count characters, to bytes.
struct Places {
    file: FileId,
    /// The byte of each character; empty if all are one byte long.
    bytes: Vec<u32>,
    length: u32,
}

impl Places {
    fn new(file: FileId, source: &str) -> Self {
        let bytes = if source.is_ascii() {
            Vec::new()
        } else {
            source.char_indices().map(|(byte, _)| offset(byte)).collect()
        };
        Self { file, bytes, length: offset(source.len()) }
    }

    fn byte(&self, marker: Marker) -> u32 {
        let index = marker.index();
        if self.bytes.is_empty() {
            return offset(index).min(self.length);
        }
        self.bytes.get(index).copied().unwrap_or(self.length)
    }

    fn range(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start);
        Span::new(self.file, start, self.byte(span.end).max(start))
    }

    /// The character at a place.
    fn character(&self, marker: Marker) -> Span {
        let next = Marker::new(marker.index() + 1, marker.line(), marker.col() + 1);
        Span::new(self.file, self.byte(marker), self.byte(next))
    }
}
