// SPDX-License-Identifier: Apache-2.0
//! Durations: `10s`, `1m30s`, `250ms`. Strict: a number without a unit is refused.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::grammar::{DURATION_UNITS, parse_duration};
use crate::{Invalid, Literal, Scalar, Style, Text};

/// The shortest text that [`parse_duration`] reads as the same duration: `1m30s`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    if nanos == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, scale) in DURATION_UNITS.iter().rev() {
        let count = nanos / scale;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
            nanos %= scale;
        }
    }
    text
}

impl Scalar for Duration {
    fn expected() -> String {
        "a duration such as `10s`, `250ms` or `1m30s`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        parse_duration(&text.text).map_err(|why| {
            let help = if text.is_number() || (text.style == Style::Filled && why == "no unit") {
                format!("add a unit: `{}s`", text.text)
            } else {
                "the units are ns, us, ms, s, m, h and d".to_owned()
            };
            Invalid::because(why).help(help)
        })
    }

    fn literal(&self) -> Literal {
        let (secs, nanos) = (self.as_secs(), self.as_nanos());
        Literal::Rust(if self.subsec_nanos() == 0 {
            format!("rt::Duration::from_secs({secs})")
        } else if nanos % 1_000_000 == 0 {
            format!("rt::Duration::from_millis({})", nanos / 1_000_000)
        } else {
            format!("rt::Duration::from_nanos({nanos})")
        })
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^([0-9]+(ns|us|ms|s|m|h|d))+$"})
    }

    fn show(&self) -> String {
        format_duration(*self)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::format_duration;
    use crate::grammar::parse_duration;

    #[test]
    fn every_duration_survives_the_round_trip() {
        for nanos in [0, 1, 1_000, 1_500_000, 90_000_000_000, 86_461_001_001_001, u64::MAX] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(parse_duration("10 parsecs"), Err("unknown unit `parsecs`".to_owned()));
        assert_eq!(parse_duration("10"), Err("no unit".to_owned()));
        assert_eq!(parse_duration("10 s"), Err("a blank before or after the unit `s`".to_owned()));
        assert_eq!(parse_duration("-1s"), Err("not a duration".to_owned()));
        assert_eq!(parse_duration("999999999d"), Err("longer than 584 years".to_owned()));
    }
}
