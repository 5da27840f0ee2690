// SPDX-License-Identifier: Apache-2.0
//! Reading a text from the left.

/// What is left of a text. A method that finds what it looks for goes past it; one that does
/// not stays where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a>(pub(super) &'a str);

impl<'a> Scan<'a> {
    /// Goes past these words.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        match self.0.strip_prefix(words) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// What stands before these words; goes past both.
    pub(super) fn until(&mut self, words: &str) -> Option<&'a str> {
        let (before, rest) = self.0.split_once(words)?;
        self.0 = rest;
        Some(before)
    }

    /// The run of characters for which this holds; may be empty.
    pub(super) fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self.0.bytes().position(|byte| !wanted(byte)).unwrap_or(self.0.len());
        // A byte that ends the run may lie within a character.
        let end = self.0.floor_char_boundary(end);
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        run
    }

    /// A decimal number that fits.
    pub(super) fn number<N: std::str::FromStr>(&mut self) -> Option<N> {
        let mut ahead = *self;
        let number = ahead.run(|byte| byte.is_ascii_digit()).parse().ok()?;
        *self = ahead;
        Some(number)
    }

    /// A hexadecimal number of `least` to `most` digits.
    pub(super) fn hex(&mut self, least: usize, most: usize) -> Option<u32> {
        let mut ahead = *self;
        let digits = ahead.run(|byte| byte.is_ascii_hexdigit());
        if digits.len() < least || digits.len() > most {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        *self = ahead;
        Some(number)
    }
}
