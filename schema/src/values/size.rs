// SPDX-License-Identifier: Apache-2.0
//! Sizes in bytes: `64MiB`, `4KB`. Strict: a number without a unit is refused.

use serde_json::{Value as Json, json};

use crate::grammar::{SIZE_UNITS, parse_size};
use crate::{Invalid, Literal, Scalar, Text};

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

impl Scalar for ByteSize {
    fn expected() -> String {
        "a size such as `64MiB` or `4KB`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        parse_size(&text.text).map(Self).map_err(|why| {
            let units =
                why.contains("unit").then_some("the units are B, KB, MB, GB, TB, KiB, MiB, GiB and TiB");
            Invalid { help: units.map(ToOwned::to_owned), ..Invalid::because(why) }
        })
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("rt::ByteSize({})", self.0))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^[0-9]+([KMGT]i?)?B$"})
    }

    fn show(&self) -> String {
        let unit = SIZE_UNITS.iter().rev().find(|(_, scale)| self.0 != 0 && self.0.is_multiple_of(*scale));
        let (name, scale) = unit.unwrap_or(&SIZE_UNITS[0]);
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
