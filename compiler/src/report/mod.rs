// SPDX-License-Identifier: Apache-2.0
//! All problems of a compilation, once each, in the order of the files.

mod draw;

use std::collections::HashSet;
use std::fmt;

use tracecore_schema::{Problem, Severity};

pub use draw::Look;

use crate::limits;
use crate::source::{Files, visible};

/// All problems of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Report {
    files: Files,
    problems: Vec<Problem>,
}

impl Report {
    /// Sorts problems by place, keeps one of each, and makes them safe to print.
    pub(crate) fn new(files: Files, mut problems: Vec<Problem>) -> Self {
        // One mistake that several aliases repeat differs in the path alone.
        let mut seen = HashSet::new();
        problems.retain(|problem| {
            let sentence = without_path(&problem.message).to_owned();
            seen.insert((problem.severity, problem.span, sentence, problem.help.clone()))
        });
        problems.sort_by_key(|problem| (problem.span, problem.severity));
        for problem in &mut problems {
            clean(&mut problem.message);
            clean(&mut problem.label);
            problem.help.as_mut().into_iter().for_each(clean);
            problem.related.iter_mut().for_each(|(_, label)| clean(label));
        }
        Self { files, problems }
    }

    /// Every problem.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.problems.len() - self.errors()
    }

    /// The problems drawn with the lines they are about, as rustc does it.
    #[must_use]
    pub fn draw(&self, look: Look) -> String {
        let mut text = String::new();
        for problem in self.problems.iter().take(limits::DRAWN) {
            text.push_str(&draw::draw(&self.files, problem, look));
            text.push_str("\n\n");
        }
        if let Some(left) = self.problems.len().checked_sub(limits::DRAWN).filter(|left| *left > 0) {
            text.push_str(&format!("and {left} more\n\n"));
        }
        match (self.errors(), self.warnings()) {
            (0, _) => {}
            (1, _) => text.push_str("error: 1 mistake, nothing is compiled\n"),
            (errors, _) => text.push_str(&format!("error: {errors} mistakes, nothing is compiled\n")),
        }
        text
    }

    /// One problem a line, for tools: `FILE:LINE:COL: message`.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.problems.iter().map(|problem| self.line(problem))
    }

    /// The warnings, one a line.
    pub fn warning_lines(&self) -> impl Iterator<Item = String> + '_ {
        let warnings = self.problems.iter().filter(|problem| problem.severity == Severity::Warning);
        warnings.map(|problem| format!("{}: {}", self.files.place(problem.span), problem.message))
    }

    fn line(&self, problem: &Problem) -> String {
        let word = match problem.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        let help = problem.help.iter().fold(String::new(), |_, help| format!(" ({help})"));
        format!("{}: {word}{}{help}", self.files.place(problem.span), problem.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(Look::Plain))
    }
}

/// A message without the path that it may begin with: "`receivers.nvml`: there is no ..".
fn without_path(message: &str) -> &str {
    let path = message.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    path.map_or(message, |(_, sentence)| sentence)
}

/// Messages quote the file, which may hold what a terminal would obey.
fn clean(text: &mut String) {
    if text.chars().any(|c| visible(c).nth(1).is_some()) {
        *text = text.chars().flat_map(visible).collect();
    }
}
