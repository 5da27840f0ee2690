// SPDX-License-Identifier: Apache-2.0
//! One log line: what is in it and how it looks.

use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::args::LogFormat;

/// What an event says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) message: String,
    pub(super) component_id: Option<String>,
    pub(super) fields: Vec<(&'static str, Json)>,
}

impl Line {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut line = Self::default();
        event.record(&mut line);
        line
    }

    /// The whole line with its line break.
    pub(super) fn show(
        &self,
        format: LogFormat,
        colors: bool,
        time: SystemTime,
        level: Level,
        target: &str,
    ) -> String {
        match format {
            LogFormat::Text => self.text(colors, time, level),
            LogFormat::Json => self.json(time, level, target),
        }
    }

    fn text(&self, colors: bool, time: SystemTime, level: Level) -> String {
        let (before, after) = match (colors, level) {
            (false, _) => ("", ""),
            (true, Level::ERROR) => ("\x1b[31m", "\x1b[0m"),
            (true, Level::WARN) => ("\x1b[33m", "\x1b[0m"),
            (true, Level::INFO) => ("\x1b[32m", "\x1b[0m"),
            (true, _) => ("\x1b[2m", "\x1b[0m"),
        };
        let mut out = format!("{} {before}{:<5}{after} ", rfc3339(time), level.as_str());
        if let Some(id) = &self.component_id {
            quiet(&mut out, id);
            out.push_str(": ");
        }
        quiet(&mut out, &self.message);
        for (key, value) in &self.fields {
            let _ = match value {
                // A word needs no quotes; anything else would not be told from its neighbours.
                Json::String(word) if plain(word) => write!(out, " {key}={word}"),
                value => write!(out, " {key}={value}"),
            };
        }
        out.push('\n');
        out
    }

    fn json(&self, time: SystemTime, level: Level, target: &str) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), rfc3339(time).into());
        object.insert("level".to_owned(), level.as_str().to_ascii_lowercase().into());
        if let Some(id) = &self.component_id {
            object.insert("component_id".to_owned(), id.clone().into());
        }
        object.insert("message".to_owned(), self.message.clone().into());
        object.insert("target".to_owned(), target.into());
        for (key, value) in &self.fields {
            object.insert((*key).to_owned(), value.clone());
        }
        format!("{}\n", Json::Object(object))
    }

    fn put(&mut self, field: &Field, value: Json) {
        match (field.name(), value) {
            ("message", Json::String(text)) => self.message = text,
            ("component_id", Json::String(text)) => self.component_id = Some(text),
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Json::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Json::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Json::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Json::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Json::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Json::from(format!("{value:?}")));
    }
}

/// Text from outside must neither move a terminal's cursor nor pass for a line of its own.
fn quiet(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\n    "),
            '\t' => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
}

fn plain(word: &str) -> bool {
    !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control() || "\"=".contains(c))
}

/// `2026-01-31T12:00:00.123Z`.
fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Days to a date in the proleptic Gregorian calendar, in eras of 400 years that begin in
    // March: then the leap day is the last of its year.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::json;
    use tracing::Level;

    use super::{Line, rfc3339};
    use crate::args::LogFormat;

    fn line() -> Line {
        Line {
            message: "cannot open: \x1b[2Jgone\nsecond".to_owned(),
            component_id: Some("nvml/fast".to_owned()),
            fields: vec![("millis", json!(12)), ("why", json!("no driver")), ("file", json!("a.yaml"))],
        }
    }

    #[test]
    fn text_is_one_entry_whatever_is_in_it() {
        let shown = line().show(LogFormat::Text, false, SystemTime::UNIX_EPOCH, Level::WARN, "x");
        assert_eq!(
            shown,
            "1970-01-01T00:00:00.000Z WARN  nvml/fast: cannot open: \\u{1b}[2Jgone\n    second millis=12 \
             why=\"no driver\" file=a.yaml\n"
        );
    }

    #[test]
    fn json_is_one_line() {
        let shown = line().show(LogFormat::Json, true, SystemTime::UNIX_EPOCH, Level::WARN, "tracecore");
        assert_eq!(
            shown,
            concat!(
                r#"{"time":"1970-01-01T00:00:00.000Z","level":"warn","component_id":"nvml/fast","#,
                r#""message":"cannot open: \u001b[2Jgone\nsecond","target":"tracecore","millis":12,"#,
                r#""why":"no driver","file":"a.yaml"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn times_are_read_as_rfc_3339() {
        let at = |seconds, millis| {
            rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis))
        };
        assert_eq!(at(951_827_696, 7), "2000-02-29T12:34:56.007Z");
        assert_eq!(at(1_735_689_599, 999), "2024-12-31T23:59:59.999Z");
        assert_eq!(at(1_740_787_200, 0), "2025-03-01T00:00:00.000Z");
    }
}
