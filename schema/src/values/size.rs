// SPDX-License-Identifier: Apache-2.0
//! Sizes in bytes: `64MiB`, `4KB`. Strict: a number without a unit is refused.

use serde_json::{Value as Json, json};

use crate::{Invalid, Literal, Scalar, Text};

const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

impl Scalar for ByteSize {
    fn expected() -> String {
        "a size such as `64MiB` or `4KB`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        let digits = text.text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.text.len());
        let (number, unit) = text.text.split_at(digits);
        if number.is_empty() {
            return Err(Invalid::because("not a size"));
        }
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let why = if unit.is_empty() { "no unit".to_owned() } else { format!("unknown unit `{unit}`") };
            return Err(Invalid::because(why).help("the units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB"));
        };
        let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*scale));
        size.map(Self).ok_or_else(|| Invalid::because("out of range"))
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("rt::ByteSize({})", self.0))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^[0-9]+([KMGT]i?)?B$"})
    }

    fn show(&self) -> String {
        let unit = UNITS.iter().rev().find(|(_, scale)| self.0 != 0 && self.0.is_multiple_of(*scale));
        let (name, scale) = unit.unwrap_or(&UNITS[0]);
        format!("{}{name}", self.0 / scale)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::ByteSize;
    use crate::{Scalar, Text};

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [("64MiB", 64 << 20), ("4KB", 4000), ("1500B", 1500), ("0B", 0)] {
            let size = ByteSize::parse(&Text::filled(text)).unwrap();
            assert_eq!(size, ByteSize(bytes));
            assert_eq!(ByteSize::parse(&Text::filled(&Scalar::show(&size))).unwrap(), size);
        }
        for bad in ["", "5", "5mb", "MiB", "99999999TiB", "-1B"] {
            assert!(ByteSize::parse(&Text::filled(bad)).is_err(), "{bad}");
        }
    }
}
