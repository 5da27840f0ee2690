// SPDX-License-Identifier: Apache-2.0
//! Pipeline files as bytes, and the way from a byte back to line and column.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tracecore_schema::{FileId, Span};

use crate::limits;

/// A pipeline file before anything is known about it.
#[derive(Clone, Debug)]
pub struct Source {
    path: String,
    bytes: Vec<u8>,
}

impl Source {
    /// A file's content under the path that messages show.
    #[must_use]
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        // A path ends up in comments of generated code, where a line break would end the comment.
        let path = path.into().chars().flat_map(visible).collect();
        Self { path, bytes: bytes.into() }
    }

    /// Reads a file, and no more of it than is needed to see that it is too large.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn read(path: &Path, shown: impl Into<String>) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Self::new(shown, bytes))
    }

    /// The path that messages show.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The file's name without folder and extension: the name of its pipeline.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A character as it may stand in a message or a comment: controls are escaped.
pub(crate) fn visible(c: char) -> impl Iterator<Item = char> {
    let hidden = c.is_control() || is_direction(c);
    let escape = hidden.then(|| c.escape_default());
    escape.into_iter().flatten().chain((!hidden).then_some(c))
}

/// Whether a character changes the direction in which text is shown, so that people read
/// something else than the compiler does.
pub(crate) const fn is_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A place as people count: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A file's text with the starts of its lines.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) stem: String,
    pub(crate) text: String,
    lines: Vec<u32>,
}

impl Text {
    pub(crate) fn new(source: &Source, text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| offset(at + 1))).collect();
        Self { path: source.path.clone(), stem: source.stem().to_owned(), text, lines }
    }

    /// The line, from 0, in which a byte stands.
    fn line_of(&self, byte: u32) -> usize {
        self.lines.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    pub(crate) fn position(&self, byte: u32) -> Position {
        let byte = self.floor(byte as usize);
        let line = self.line_of(offset(byte));
        let start = self.lines.get(line).map_or(0, |start| *start as usize);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count());
        Position { line: offset(line + 1), column: offset(column + 1) }
    }

    /// The bytes of the lines from that of `start` to that of `end`, without the last line break,
    /// and the number of the first of them.
    pub(crate) fn lines(&self, start: u32, end: u32) -> (std::ops::Range<usize>, usize) {
        let (first, last) = (self.line_of(start), self.line_of(end));
        let from = self.lines.get(first).map_or(0, |start| *start as usize);
        let to = self.lines.get(last + 1).map_or(self.text.len(), |next| *next as usize - 1);
        (from..to.max(from), first + 1)
    }

    /// The character boundary at or before a byte.
    pub(crate) fn floor(&self, byte: usize) -> usize {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }
}

/// An offset in a file, which [`limits::FILE_BYTES`] keeps far below the end of `u32`.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The files of a compilation, by [`FileId`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(Vec<Text>);

impl Files {
    pub(crate) fn add(&mut self, text: Text) -> FileId {
        self.0.push(text);
        FileId(offset(self.0.len() - 1))
    }

    pub(crate) fn next(&self) -> FileId {
        FileId(offset(self.0.len()))
    }

    pub(crate) fn get(&self, file: FileId) -> Option<&Text> {
        self.0.get(file.0 as usize)
    }

    pub(crate) fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("", |text| &text.path)
    }

    pub(crate) fn position(&self, span: Span) -> Position {
        self.get(span.file).map_or(Position { line: 1, column: 1 }, |text| text.position(span.start))
    }

    /// `FILE:LINE:COL`.
    pub(crate) fn place(&self, span: Span) -> String {
        format!("{}:{}", self.path(span.file), self.position(span))
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Text};

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let source = Source::new("a.yaml", "");
        let text = Text::new(&source, "é: 1\r\nb:\tx\n".to_owned());
        let at = |byte| text.position(byte).to_string();
        assert_eq!((at(0), at(2), at(7), at(10)), ("1:1".into(), "1:2".into(), "2:1".into(), "2:4".into()));
        assert_eq!(at(99), "3:1");
        assert_eq!(text.lines(7, 8), (7..11, 2));
    }

    #[test]
    fn a_path_cannot_break_out_of_a_comment() {
        let source = Source::new("x\n} fn main() {.yaml", "");
        assert_eq!(source.path(), "x\\n} fn main() {.yaml");
        assert_eq!(Source::new("pipelines/gpu-node.yaml", "").stem(), "gpu-node");
    }
}
