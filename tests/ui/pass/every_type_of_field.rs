// SPDX-License-Identifier: Apache-2.0
//! Every type that a field may have, with what may be said of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tracecore_schema::{ByteSize, Config, ConfigValue, Glob, Listen, Pattern, Secret};

/// All there is.
#[derive(Clone, Debug, Config)]
struct Everything {
    /// A switch.
    #[config(default = false, fixed)]
    bool: bool,
    /// A number.
    #[config(default = 1, min = 1, max = 8)]
    u8: u8,
    /// A number.
    #[config(default = 9400)]
    u16: u16,
    /// A number.
    #[config(default)]
    u32: u32,
    /// A number.
    #[config(default = 18446744073709551615)]
    u64: u64,
    /// A number.
    #[config(default = "7")]
    usize: usize,
    /// A number.
    #[config(default = -5, min = -5)]
    i32: i32,
    /// A number.
    #[config(default = -5)]
    i64: i64,
    /// A number.
    #[config(default = 0.5, max = 1)]
    f64: f64,
    /// A text.
    #[config(default = "")]
    string: String,
    /// A path.
    #[config(default = "/")]
    path: PathBuf,
    /// A time.
    #[config(default = "1m30s", min = "1ns", max = "1d")]
    duration: Duration,
    /// A size.
    #[config(default = "64MiB", min = "1KiB")]
    size: ByteSize,
    /// An address.
    #[config(default = "[::1]:9464")]
    listen: Listen,
    /// A pattern over metrics.
    #[config(default = "hw.*")]
    glob: Glob,
    /// A pattern over values.
    #[config(default = "*")]
    pattern: Pattern,
    /// A secret.
    secret: Option<Secret>,
    /// One of a few words.
    #[config(default = "table")]
    format: Format,
    /// Perhaps a time.
    #[config(min = "1s")]
    maybe: Option<Duration>,
    /// Perhaps a number, and one unless told otherwise.
    #[config(default = 3, max = 5)]
    maybe_number: Option<u8>,
    /// A list.
    #[config(default)]
    list: Vec<Listen>,
    /// A map.
    #[config(default)]
    map: BTreeMap<String, Vec<u8>>,
    /// A keyword of Rust.
    r#type: Option<String>,
    /// A part.
    #[config(default)]
    part: Part,
    /// A list of parts.
    #[config(default)]
    parts: Vec<Part>,
    /// Somebody else's type.
    #[config(serde)]
    foreign: Option<std::net::IpAddr>,
    /// Somebody else's type.
    #[config(serde, default)]
    foreign_list: Vec<std::net::IpAddr>,
}

/// One of a few words.
#[derive(Clone, Copy, Debug, PartialEq, ConfigValue)]
enum Format {
    /// Rows.
    Table,
    /// Lines.
    #[config(name = "json")]
    JsonLines,
}

/// A part.
#[derive(Clone, Debug, Config)]
struct Part {
    /// What it is called.
    #[config(default = "part")]
    name: String,
}

fn main() {
    let everything = Everything::default();
    assert_eq!(tracecore_schema::Config::check(&everything), []);
    assert_eq!(everything.duration, Duration::from_secs(90));
    assert_eq!(everything.i32, -5);
    assert_eq!(everything.u64, u64::MAX);
    assert_eq!(everything.maybe_number, Some(3));
    assert_eq!(everything.format, Format::Table);
    assert_eq!(<Everything as tracecore_schema::Config>::fields().len(), 27);
    assert_eq!(everything.part.name, "part");
    assert!(everything.secret.is_none() && everything.r#type.is_none() && everything.parts.is_empty());
}
