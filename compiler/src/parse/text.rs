// SPDX-License-Identifier: Apache-2.0
//! From bytes to text that a YAML reader may see: UTF-8, of bounded size, without characters
//! that are invisible or end the input early.

use tracecore_schema::{FileId, Problem, Span};

use crate::limits;
use crate::source::{is_direction, offset};

/// The text, without a byte order mark at its start. It is what messages are drawn with even
/// if there is something wrong with it.
pub(super) fn read(file: FileId, bytes: &[u8], problems: &mut Vec<Problem>) -> String {
    if bytes.len() > limits::FILE_BYTES {
        let message = format!("the file has more than {} KiB", limits::FILE_BYTES >> 10);
        problems.push(
            Problem::error(Span::new(file, 0, 0), message, "too large")
                .help("a pipeline file is written by hand; was another file meant?"),
        );
        return String::new();
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
                // There are no lines to show.
                let span = Span::new(file, 0, 0);
                let problem = Problem::error(span, "the file is UTF-16", "expected UTF-8");
                problems.push(problem.help("save it as UTF-8"));
                return String::new();
            }
            let at = offset(error.valid_up_to());
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            let message = format!("the byte {byte:#04x} is not UTF-8");
            // The replacement character that the reader sees here has three bytes.
            problems.push(
                Problem::error(Span::new(file, at, at + 3), message, "not a character")
                    .help("save the file as UTF-8"),
            );
            return String::from_utf8_lossy(bytes).into_owned();
        }
    };
    if let Some((at, c)) = text.char_indices().find(|(_, c)| refused(*c)) {
        let span = Span::new(file, offset(at), offset(at + c.len_utf8()));
        let message = format!("the character U+{:04X} may not stand in a pipeline file", u32::from(c));
        let label = match c {
            '\0'..'\u{A0}' => "a control character",
            '\u{FEFF}' => "a byte order mark, which may only start a file",
            _ if is_direction(c) => "changes the direction of the text around it",
            _ => "not a character",
        };
        problems.push(
            Problem::error(span, message, label)
                .help("remove it; in double quotes it can be written as `\\u` and its four digits"),
        );
    }
    text
}

/// YAML's own list of what is not printable, and what makes people read another text than the
/// compiler does.
fn refused(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    control || is_direction(c) || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}
