// SPDX-License-Identifier: Apache-2.0
//! From a node to a config value, key by key, so that one file can show all its mistakes.
//!
//! A value decodes to two things at once: the value itself, if every part of it is known now,
//! and the Rust literal that generated code will contain, in which unknown parts are holes.

use std::fmt::Display;

use serde_json::Value as Json;

use crate::delivery::StoragePath;
use crate::{
    Field, Glob, Invalid, Listen, Literal, Node, NodeKind, Problem, SignalKind, Span, Template, Text,
    Violation, nearest,
};

/// A type that a config field may have.
///
/// Implemented for scalars (see [`Scalar`](crate::Scalar)), `Option`, `Vec`, `BTreeMap<String, _>` and, by
/// `#[derive(Config)]` and `#[derive(ConfigValue)]`, for a component's own types.
pub trait Value: Sized + Clone + 'static {
    /// What to write, with an article: "a duration such as `10s`".
    fn expected() -> String;

    /// Reads a node. Problems go to `cx`; `None` means that there was at least one.
    fn decode(node: &Node, cx: &mut Decoder<'_>) -> Option<Decoded<Self>>;

    /// Checks a text that fills the hole at `path` below this value.
    ///
    /// # Errors
    ///
    /// The text is not what the place accepts.
    fn check_text(path: &[&str], text: &str) -> Result<(), Invalid>;

    /// The value that a text which fills a hole stands for; `None` if it stands for none or if
    /// the value is not written as one scalar.
    fn from_text(text: &str) -> Option<Self> {
        let _ = text;
        None
    }

    /// What is wrong with a complete value: limits and rules, all of them.
    fn violations(&self, path: &str, found: &mut Vec<Violation>) {
        let _ = (path, found);
    }

    /// The fields of a nested struct, for help and reference docs.
    fn nested() -> Vec<Field> {
        Vec::new()
    }

    /// The JSON Schema of what may be written.
    fn json_schema() -> Json;

    /// The value as somebody would write it in YAML; a secret shows nothing of itself.
    fn show(&self) -> String;

    /// The Rust text of a known value: of a default that generated code has to spell out.
    fn to_literal(&self) -> Literal;

    /// Tells the compiler what it compares across components of a value that the file does not
    /// have: a default. `place` is where its component stands.
    fn tell_default(&self, place: Span, cx: &mut Decoder<'_>) {
        let _ = (place, cx);
    }

    /// What an absent field means, if the type itself knows (`Option` does).
    fn absent() -> Option<Self> {
        None
    }
}

/// What a node decodes to.
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    /// The value, unless some part of it is a hole.
    pub value: Option<T>,
    /// The Rust text for it.
    pub literal: Literal,
}

/// A place that start-up fills.
#[derive(Clone, Debug)]
pub struct Hole {
    /// The place within the component: `["listen"]`, `["headers", "0"]`.
    pub path: Vec<String>,
    /// What fills it.
    pub template: Template,
    /// Where it stands.
    pub span: Span,
}

/// Something about a component that the compiler compares across components.
#[derive(Clone, Debug)]
pub enum Fact {
    /// It listens there.
    Listen(Listen),
    /// It selects metrics by this pattern.
    MetricPattern(Glob),
    /// It needs this for itself alone: `the standard output`.
    Claim(&'static str),
    /// It loads this library when it runs, which a fully static executable cannot:
    /// `libnvidia-ml.so.1`.
    LoadsLibrary(&'static str),
    /// As configured it has nothing to do with this signal; the text says why.
    Refuses(SignalKind, &'static str),
    /// It may make a lane wait.
    Blocks,
    /// It shows this page, which goes stale if its lane waits: `a page for Prometheus`.
    Page(&'static str),
    /// It keeps files in this folder, which nobody else may.
    Storage(StoragePath),
}

/// Where a resolved value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file says so, there.
    File(Span),
    /// Start-up says so; the template stands there.
    Hole(Span),
    /// Nobody says so: the default.
    Default,
}

/// One resolved value, for `validate --explain`.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The field by its whole path: `receivers.nvml.collection_interval`.
    pub path: String,
    /// The value as somebody would write it.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Collects what decoding one component gives besides its value.
#[derive(Debug)]
pub struct Decoder<'a> {
    problems: &'a mut Vec<Problem>,
    prefix: String,
    path: Vec<String>,
    fixed: usize,
    /// Places that start-up fills.
    pub holes: Vec<Hole>,
    /// What the compiler compares across components.
    pub facts: Vec<(Fact, Span)>,
    /// Every resolved value.
    pub settings: Vec<Setting>,
    /// The Rust type of the component, chosen by its fixed fields.
    pub rust_type: Option<&'static str>,
}

impl<'a> Decoder<'a> {
    /// A decoder for the component at `prefix` (`receivers.nvml`).
    pub fn new(prefix: impl Into<String>, problems: &'a mut Vec<Problem>) -> Self {
        Self {
            problems,
            prefix: prefix.into(),
            path: Vec::new(),
            fixed: 0,
            holes: Vec::new(),
            facts: Vec::new(),
            settings: Vec::new(),
            rust_type: None,
        }
    }

    /// The whole path of the place being decoded: `receivers.nvml.peak_window`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = self.prefix.clone();
        for segment in &self.path {
            path.push('.');
            path.push_str(segment);
        }
        path
    }

    /// Decodes something one step further down.
    pub fn within<T>(&mut self, segment: impl Display, decode: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment.to_string());
        let result = decode(self);
        self.path.pop();
        result
    }

    /// Decodes something in which holes are refused.
    pub fn fixed<T>(&mut self, fixed: bool, decode: impl FnOnce(&mut Self) -> T) -> T {
        self.fixed += usize::from(fixed);
        let result = decode(self);
        self.fixed -= usize::from(fixed);
        result
    }

    /// Reports a problem.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reports that `node` is not what the place accepts.
    pub fn unexpected(&mut self, node: &Node, expected: &str, invalid: Invalid) {
        let found = invalid.found.unwrap_or_else(|| node.found());
        let message = format!("`{}`: expected {expected}, found {found}", self.path());
        self.problem(Problem::error(node.span, message, invalid.label).maybe_help(invalid.help));
    }

    /// Notes a hole for a place of type `T`: checks its default, refuses it in a fixed place.
    pub fn hole<T: Value>(&mut self, template: &Template, span: Span) -> Option<Literal> {
        if self.fixed > 0 {
            let message =
                format!("`{}` is fixed when the binary is built, so it takes no `{template}`", self.path());
            self.problem(
                Problem::error(span, message, "not known when the file is compiled")
                    .help("write the value itself: it chooses types, series or structure"),
            );
            return None;
        }
        if let Some(text) = template.default_text()
            && let Err(invalid) = T::check_text(&[], &text)
        {
            let message = format!(
                "`{}`: the default in `{template}` does not fit: expected {}, found {}",
                self.path(),
                T::expected(),
                invalid.found.unwrap_or_else(|| Text::filled(&text).found()),
            );
            self.problem(Problem::error(span, message, invalid.label).maybe_help(invalid.help));
            return None;
        }
        self.holes.push(Hole { path: self.path.clone(), template: template.clone(), span });
        Some(Literal::Hole(self.holes.len() - 1))
    }

    /// Notes something that the compiler compares across components.
    pub fn fact(&mut self, fact: Fact, span: Span) {
        self.facts.push((fact, span));
    }
}

/// A struct's fields being read from a map.
#[derive(Debug)]
pub struct FieldReader<'n, 'd, 'a> {
    node: &'n Node,
    cx: &'d mut Decoder<'a>,
}

/// A limit on a known value.
pub type Limit<T> = fn(&T) -> Result<(), Invalid>;

/// One field after reading.
#[derive(Debug)]
pub struct Slot<T> {
    /// The value, if known.
    pub value: Option<T>,
    literal: Option<Literal>,
    /// The default as Rust, if the field is absent.
    absent: Option<Literal>,
    span: Option<Span>,
    failed: bool,
}

/// Starts to read the fields of a struct: `node` must be a map (or nothing) and have no other
/// keys than `known`.
pub fn fields<'n, 'd, 'a>(
    node: &'n Node,
    cx: &'d mut Decoder<'a>,
    expected: &str,
    known: &[&str],
) -> Option<FieldReader<'n, 'd, 'a>> {
    match &node.kind {
        NodeKind::Map(entries) => {
            for (key, _) in entries {
                if !known.contains(&key.text.as_str()) {
                    let message = format!("`{}`: there is no field `{}`", cx.path(), key.text);
                    let help = match nearest(&key.text, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if known.is_empty() => "it takes no fields".to_owned(),
                        None if known.len() == 1 => format!("the only field is {}", listed(known)),
                        None => format!("the fields are {}", listed(known)),
                    };
                    cx.problem(Problem::error(key.span, message, "unknown field").help(help));
                }
            }
        }
        NodeKind::Null => {}
        _ => {
            cx.unexpected(node, expected, Invalid::because("not a map"));
            return None;
        }
    }
    Some(FieldReader { node, cx })
}

/// "`a`, `b` and `c`".
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [rest @ .., last] => {
            let rest: Vec<_> = rest.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", rest.join(", "))
        }
    }
}

impl FieldReader<'_, '_, '_> {
    /// Reads one field. `default` gives its value when absent; without one it is required
    /// unless its type knows what absence means. `limit` checks a known value.
    pub fn field<T: Value>(
        &mut self,
        name: &'static str,
        fixed: bool,
        default: Option<fn() -> T>,
        limit: Option<Limit<T>>,
    ) -> Slot<T> {
        let node = self.node;
        let mut slot = Slot { value: None, literal: None, absent: None, span: None, failed: false };
        let Some((_, node)) =
            node.get(name).filter(|(_, node)| node.kind != NodeKind::Null || default.is_none())
        else {
            slot.value = default.map(|make| make()).or_else(T::absent);
            match &slot.value {
                Some(value) => {
                    slot.absent = Some(value.to_literal());
                    value.tell_default(self.node.span, self.cx);
                    let path = self.cx.within(name, |cx| cx.path());
                    let value = value.show();
                    self.cx.settings.push(Setting { path, value, origin: Origin::Default });
                }
                None => {
                    slot.failed = true;
                    let message = format!("`{}`: the field `{name}` is required", self.cx.path());
                    let help = format!("add `{name}:` with {}", T::expected());
                    self.cx.problem(Problem::error(self.node.span, message, "missing field").help(help));
                }
            }
            return slot;
        };
        slot.span = Some(node.span);
        let (holes, settings) = (self.cx.holes.len(), self.cx.settings.len());
        let decoded = self.cx.within(name, |cx| {
            cx.fixed(fixed, |cx| {
                let decoded = T::decode(node, cx)?;
                if let (Some(value), Some(limit)) = (&decoded.value, limit)
                    && let Err(invalid) = limit(value)
                {
                    cx.unexpected(node, &invalid.expected.clone().unwrap_or_else(T::expected), invalid);
                    return None;
                }
                // The default of a hole obeys the limits as well.
                for hole in &cx.holes[holes..] {
                    if let (true, Some(limit), Some(text)) =
                        (hole.span == node.span, limit, hole.template.default_text())
                    {
                        let mut unknown = Vec::new();
                        let mut probe = Decoder::new(cx.path(), &mut unknown);
                        let filled = Node { span: node.span, kind: NodeKind::Scalar(Text::filled(&text)) };
                        if let Some(Decoded { value: Some(value), .. }) = T::decode(&filled, &mut probe)
                            && let Err(invalid) = limit(&value)
                        {
                            let message = format!(
                                "`{}`: the default in `{}` does not fit: expected {}, found `{text}`",
                                cx.path(),
                                hole.template,
                                invalid.expected.clone().unwrap_or_else(T::expected),
                            );
                            cx.problem(
                                Problem::error(node.span, message, invalid.label).maybe_help(invalid.help),
                            );
                            return None;
                        }
                    }
                }
                Some(decoded)
            })
        });
        let Some(decoded) = decoded else {
            slot.failed = true;
            return slot;
        };
        // A nested struct has written its own fields; everything else is written here.
        if self.cx.settings.len() == settings {
            let path = self.cx.within(name, |cx| cx.path());
            let (value, origin) = match &decoded.value {
                Some(value) => (value.show(), Origin::File(node.span)),
                None => (show_node(node), Origin::Hole(node.span)),
            };
            self.cx.settings.push(Setting { path, value, origin });
        }
        slot.value = decoded.value;
        slot.literal = Some(decoded.literal);
        slot
    }

    /// Applies a rule across fields: `violated` is `None` while one of them is a hole. The
    /// error points at the last of `spans` that stands in the file.
    pub fn rule(
        &mut self,
        read: &[&'static str],
        spans: &[Option<Span>],
        violated: Option<Result<(), String>>,
    ) -> bool {
        let Some(Err(message)) = violated else { return true };
        let mut places = spans.iter().rev().copied().flatten();
        let span = places.next().unwrap_or(self.node.span);
        let message = format!("`{}`: {message}", self.cx.path());
        let mut problem = Problem::error(span, message, format!("concerns {}", listed(read)));
        for other in places {
            problem = problem.related(other, "together with this");
        }
        self.cx.problem(problem);
        false
    }

    /// Chooses the component's Rust type.
    pub fn rust_type(&mut self, name: &'static str) {
        self.cx.rust_type = Some(name);
    }

    /// Notes that the component needs something for itself alone.
    pub fn claim(&mut self, what: &'static str) {
        self.cx.fact(Fact::Claim(what), self.node.span);
    }

    /// Notes that the component shows a page.
    pub fn page(&mut self, page: &'static str) {
        self.cx.fact(Fact::Page(page), self.node.span);
    }

    /// Notes that the component loads a library when it runs.
    pub fn loads_library(&mut self, library: &'static str) {
        self.cx.fact(Fact::LoadsLibrary(library), self.node.span);
    }

    /// Notes that the component, as configured, has nothing to do with metrics.
    pub fn refuses_metrics(&mut self, why: &'static str) {
        self.cx.fact(Fact::Refuses(SignalKind::Metrics, why), self.node.span);
    }

    /// Notes that the component, as configured, has nothing to do with logs.
    pub fn refuses_logs(&mut self, why: &'static str) {
        self.cx.fact(Fact::Refuses(SignalKind::Logs, why), self.node.span);
    }
}

/// A node that has a hole in it, as somebody would write it. Nothing secret can stand there: a
/// secret refuses to be written in a file.
fn show_node(node: &Node) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match &node.kind {
        NodeKind::Null => "null".to_owned(),
        NodeKind::Scalar(text) => text.text.clone(),
        NodeKind::Template(template) => template.to_string(),
        NodeKind::List(items) => format!("[{}]", joined(items.iter().map(show_node).collect())),
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|(key, item)| format!("{}: {}", key.text, show_node(item)));
            format!("{{{}}}", joined(entries.collect()))
        }
    }
}

impl<T> Slot<T> {
    /// Whether it has been reported already.
    #[must_use]
    pub const fn failed(&self) -> bool {
        self.failed
    }

    /// Where the value stands, if it stands in the file.
    #[must_use]
    pub const fn span(&self) -> Option<Span> {
        self.span
    }

    /// Moves the literal to the list of those that are written, under the field's Rust name
    /// (`r#type` where the key is `type`). An absent field is written only where no
    /// `..Default::default()` stands for it.
    pub fn write(
        &mut self,
        rust_name: &'static str,
        defaults: bool,
        literals: &mut Vec<(&'static str, Literal)>,
    ) {
        let absent = self.absent.take().filter(|_| !defaults);
        if let Some(literal) = self.literal.take().or(absent) {
            literals.push((rust_name, literal));
        }
    }
}
