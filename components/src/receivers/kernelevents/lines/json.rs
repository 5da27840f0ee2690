// SPDX-License-Identifier: Apache-2.0
//! Just enough JSON for a line of the journal: one flat object, read in place.
//!
//! A general parser would build a tree of each line and refuse bytes that are no UTF-8, which a
//! kernel message may hold.

use super::text::push_lossy;

/// How deep values may be nested before the line is given up; the journal's are two deep.
const DEPTH: usize = 8;

/// The place in a line.
#[derive(Debug)]
pub(super) struct Json<'a>(&'a [u8]);

/// A value as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// What stands between the quotes, escapes and all.
    Text(&'a [u8]),
    /// What stands between the brackets.
    List(&'a [u8]),
    /// `null`.
    Null,
    /// A number, `true`, `false` or an object.
    Other,
}

impl<'a> Json<'a> {
    pub(super) const fn new(line: &'a [u8]) -> Self {
        Self(line)
    }

    /// Calls `each` with every key and value of the object that the line is. `None` if it is
    /// none; values that were read by then have been shown.
    pub(super) fn object(mut self, mut each: impl FnMut(&'a [u8], Value<'a>)) -> Option<()> {
        self.byte(b'{')?;
        if self.byte(b'}').is_some() {
            return self.end();
        }
        loop {
            let key = self.text()?;
            self.byte(b':')?;
            let value = self.value(DEPTH)?;
            each(key, value);
            if self.byte(b'}').is_some() {
                return self.end();
            }
            self.byte(b',')?;
        }
    }

    /// The values of a list, of which this is the inside.
    fn items(mut self, mut each: impl FnMut(Value<'a>, &'a [u8])) -> Option<()> {
        if self.end().is_some() {
            return Some(());
        }
        loop {
            self.space();
            let before = self.0;
            let value = self.value(DEPTH)?;
            each(value, &before[..before.len() - self.0.len()]);
            if self.end().is_some() {
                return Some(());
            }
            self.byte(b',')?;
        }
    }

    fn space(&mut self) {
        self.0 = self.0.trim_ascii_start();
    }

    fn end(&mut self) -> Option<()> {
        self.space();
        self.0.is_empty().then_some(())
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        self.space();
        self.0 = self.0.strip_prefix(&[wanted])?;
        Some(())
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        self.byte(b'"')?;
        let mut at = 0;
        loop {
            match self.0.get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        let (text, rest) = self.0.split_at(at);
        self.0 = &rest[1..];
        Some(text)
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        let depth = depth.checked_sub(1)?;
        self.space();
        match self.0.first()? {
            b'"' => self.text().map(Value::Text),
            b'[' => self.nested(b']', depth).map(Value::List),
            b'{' => self.nested(b'}', depth).map(|_| Value::Other),
            _ => {
                let end = self.0.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(self.0.len());
                let (word, rest) = self.0.split_at(end);
                let known = matches!(word, b"null" | b"true" | b"false")
                    || (!word.is_empty() && word.iter().all(|byte| b"0123456789+-.eE".contains(byte)));
                self.0 = rest;
                known.then_some(if word == b"null" { Value::Null } else { Value::Other })
            }
        }
    }

    /// What stands between brackets; goes past them.
    fn nested(&mut self, close: u8, depth: usize) -> Option<&'a [u8]> {
        self.0 = &self.0[1..];
        let inside = self.0;
        loop {
            self.space();
            match *self.0.first()? {
                byte if byte == close => {
                    let inside = &inside[..inside.len() - self.0.len()];
                    self.0 = &self.0[1..];
                    return Some(inside);
                }
                b',' | b':' => self.0 = &self.0[1..],
                _ => {
                    self.value(depth)?;
                }
            }
        }
    }
}

/// Appends the text that a value is: a string, a list of byte values (which is how the journal
/// writes what is no UTF-8), or the first of several values. `None` if it is none of these.
pub(super) fn push_value(arena: &mut String, bytes: &mut Vec<u8>, value: Value<'_>) -> Option<()> {
    match value {
        Value::Text(escaped) => push_text(arena, bytes, escaped),
        Value::List(inside) => {
            bytes.clear();
            let (mut numbers, mut first) = (true, None);
            Json::new(inside).items(|item, source| {
                first = first.or(Some(item));
                match std::str::from_utf8(source).ok().and_then(|digits| digits.parse().ok()) {
                    Some(byte) => bytes.push(byte),
                    None => numbers = false,
                }
            })?;
            if numbers {
                push_lossy(arena, bytes);
                return Some(());
            }
            match first? {
                Value::Text(escaped) => push_text(arena, bytes, escaped),
                // A list of lists: the message was given twice, once or more as bytes.
                Value::List(_) => {
                    let mut inner = None;
                    Json::new(inside).items(|item, _| inner = inner.or(Some(item)))?;
                    let Value::List(inside) = inner? else { return None };
                    bytes.clear();
                    Json::new(inside).items(|_, source| {
                        let digits = std::str::from_utf8(source).ok();
                        bytes.extend(digits.and_then(|digits| digits.parse::<u8>().ok()));
                    })?;
                    push_lossy(arena, bytes);
                    Some(())
                }
                Value::Null | Value::Other => None,
            }
        }
        Value::Null | Value::Other => None,
    }
}

/// Undoes JSON's escapes. One that is none is kept as it stands.
fn push_text(arena: &mut String, bytes: &mut Vec<u8>, escaped: &[u8]) -> Option<()> {
    if !escaped.contains(&b'\\') {
        push_lossy(arena, escaped);
        return Some(());
    }
    bytes.clear();
    let mut rest = escaped;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&kind, after) = rest.split_first()?;
        rest = after;
        match kind {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'u' => {
                let unit = unit(rest)?;
                rest = &rest[4..];
                let mut code = u32::from(unit);
                if let (0xd800..=0xdbff, [b'\\', b'u', low @ ..]) = (unit, rest)
                    && let Some(second @ 0xdc00..=0xdfff) = self::unit(low)
                {
                    code = 0x10000 + ((code - 0xd800) << 10) + (u32::from(second) - 0xdc00);
                    rest = &low[4..];
                }
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => bytes.push(other),
        }
    }
    push_lossy(arena, bytes);
    Some(())
}

fn unit(digits: &[u8]) -> Option<u16> {
    let digits = digits.get(..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
