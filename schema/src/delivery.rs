// SPDX-License-Identifier: Apache-2.0
//! The blocks `queue` and `retry` that every delivering exporter takes.
//!
//! An exporter's schema half has them as fields and re-exports their types beside its own, since
//! generated code names every type of a config by the component's module:
//!
//! ```
//! pub use tracecore_schema::delivery::*;
//!
//! /// Sends it somewhere.
//! #[derive(Clone, Debug, tracecore_schema::Config)]
//! #[config(exporter = "somewhere", signal = metrics, rust = Somewhere)]
//! pub struct Config {
//!     /// What waits to be sent, and where.
//!     #[config(default)]
//!     pub queue: QueueConfig,
//!     /// What happens when it cannot be sent now.
//!     #[config(default)]
//!     pub retry: RetryConfig,
//! }
//! # struct Somewhere;
//! ```

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::private::{Variant, of_variants, parse_variant, variants_schema};
use crate::{ByteSize, ConfigValue, Decoder, Fact, Invalid, Literal, Node, Scalar, Text};

/// What waits between a lane and the network.
#[derive(Clone, Debug, PartialEq, Eq, crate::Config)]
#[config(rule(storage_settings(storage, fsync, storage_size)))]
pub struct QueueConfig {
    /// How many bytes may wait or be on their way in memory. Nothing else drops data while the
    /// other side is away.
    #[config(default = "8MiB", min = "4KiB")]
    pub size: ByteSize,
    /// What happens to what comes when the queue is full.
    #[config(fixed, default = "drop_oldest")]
    pub overflow: Overflow,
    /// How small frames become one request.
    #[config(default)]
    pub batch: BatchConfig,
    /// How many requests may be under way at once. With more than one, requests may arrive in
    /// another order than they were read in.
    #[config(default = 1, min = 1, max = 64)]
    pub concurrency: u32,
    /// What is sent first when much waits.
    #[config(default = "oldest_first")]
    pub order: Order,
    /// A folder that keeps what waits, also over a crash; without it, what waits is in memory
    /// only. Made if it is not there. Each exporter needs one of its own.
    pub storage: Option<StoragePath>,
    /// When what was written to the folder is forced to the disk; without it,
    /// `every_second`.
    pub fsync: Option<Fsync>,
    /// How many bytes the folder may hold; without it, 1GiB. The oldest go first.
    #[config(min = "1MiB")]
    pub storage_size: Option<ByteSize>,
}

fn storage_settings(
    storage: &Option<StoragePath>,
    fsync: &Option<Fsync>,
    storage_size: &Option<ByteSize>,
) -> Result<(), String> {
    let lonely = match (fsync, storage_size) {
        _ if storage.is_some() => return Ok(()),
        (None, None) => return Ok(()),
        (Some(_), None) => "`fsync` says",
        (None, Some(_)) => "`storage_size` says",
        (Some(_), Some(_)) => "`fsync` and `storage_size` say",
    };
    Err(format!("{lonely} something about `storage`, which is not there"))
}

/// How small frames become one request.
#[derive(Clone, Debug, PartialEq, Eq, crate::Config)]
pub struct BatchConfig {
    /// So many bytes, before compression, are a full request, which is sent at once. What is
    /// larger by itself goes alone. Many gRPC servers refuse more than 4MiB.
    #[config(default = "1MiB", min = "1KiB")]
    pub bytes: ByteSize,
    /// What waits is sent after this long, full request or not.
    #[config(default = "200ms", max = "1m")]
    pub timeout: Duration,
}

/// What happens when something cannot be delivered now.
#[derive(Clone, Debug, PartialEq, crate::Config)]
#[config(rule(initial_is_least(initial, max)))]
#[config(rule(elapsed_is_most(initial, max_elapsed)))]
pub struct RetryConfig {
    /// The wait after the first failure. Each wait is shortened or lengthened by up to a quarter
    /// by chance.
    #[config(default = "5s", min = "10ms")]
    pub initial: Duration,
    /// Each further wait is so many times as long as the one before.
    #[config(default = 1.5, min = 1.0, max = 10.0)]
    pub multiplier: f64,
    /// The longest wait, unless the server itself asks for a longer one.
    #[config(default = "30s", min = "10ms")]
    pub max: Duration,
    /// What could not be delivered for this long after its first attempt is dropped; without it,
    /// only the queue's size drops anything.
    #[config(min = "1s")]
    pub max_elapsed: Option<Duration>,
}

fn initial_is_least(initial: &Duration, max: &Duration) -> Result<(), String> {
    if initial <= max { Ok(()) } else { Err("`initial` is longer than `max`".to_owned()) }
}

fn elapsed_is_most(initial: &Duration, max_elapsed: &Option<Duration>) -> Result<(), String> {
    match max_elapsed {
        Some(elapsed) if elapsed < initial => {
            Err("`max_elapsed` is shorter than `initial`: nothing would be tried twice".to_owned())
        }
        _ => Ok(()),
    }
}

/// What happens to what comes when a queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest make room.
    DropOldest,
    /// What comes is dropped.
    DropNewest,
    /// The receiver waits, at most until its next tick; then what came is dropped.
    Block,
}

impl Overflow {
    const VALUES: [Self; 3] = [Self::DropOldest, Self::DropNewest, Self::Block];
    const VARIANTS: [Variant; 3] = [
        Variant { name: "drop_oldest", help: "The oldest make room.", path: "Overflow::DropOldest" },
        Variant { name: "drop_newest", help: "What comes is dropped.", path: "Overflow::DropNewest" },
        Variant {
            name: "block",
            help: "The receiver waits, at most until its next tick; then what came is dropped.",
            path: "Overflow::Block",
        },
    ];

    const fn variant(self) -> Variant {
        Self::VARIANTS[self as usize]
    }
}

/// By hand: the derive tells the compiler nothing, and it must know who may hold up a lane.
impl Scalar for Overflow {
    fn expected() -> String {
        of_variants(&Self::VARIANTS)
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        parse_variant(text, &Self::VARIANTS, Self::VALUES)
    }

    fn literal(&self) -> Literal {
        Literal::Local(self.variant().path.to_owned())
    }

    fn json_schema() -> Json {
        variants_schema(&Self::VARIANTS)
    }

    fn show(&self) -> String {
        self.variant().name.to_owned()
    }

    fn tell(&self, node: &Node, cx: &mut Decoder<'_>) {
        if *self == Self::Block {
            cx.fact(Fact::Blocks, node.span);
        }
    }
}

/// What is sent first when much waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Order {
    /// In the order in which it was read.
    OldestFirst,
    /// What was read last: after an outage the newest does not wait for all that is old. Some
    /// backends refuse points that are older than what they have.
    NewestFirst,
}

/// When what was written to storage is forced to the disk. What was written survives the end of
/// the process, however it ends, under each of them; they differ in what a power cut takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Fsync {
    /// When the operating system likes: a power cut may take the last half minute.
    Never,
    /// Each second: a power cut takes at most the last second or two.
    EverySecond,
    /// After each write, before the next: a power cut takes what was being written.
    Always,
}

/// A folder for what waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoragePath(PathBuf);

impl StoragePath {
    /// Reads an absolute path.
    ///
    /// # Errors
    ///
    /// It is none: where a relative one leads depends on who starts the collector.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("has a NUL byte".to_owned());
        }
        if !text.starts_with('/') {
            return Err("does not start with `/`".to_owned());
        }
        if text.bytes().all(|byte| byte == b'/') {
            return Err("the root folder".to_owned());
        }
        Ok(Self(PathBuf::from(text)))
    }

    /// The path.
    #[must_use]
    pub fn as_path(&self) -> &std::path::Path {
        &self.0
    }
}

/// A path that the compiler has read already. Generated code calls it.
///
/// # Panics
///
/// The text is no such path, which the compiler has excluded.
#[must_use]
#[allow(clippy::panic, reason = "the compiler writes only what it has read")]
pub fn storage(text: &str) -> StoragePath {
    match StoragePath::parse(text) {
        Ok(path) => path,
        Err(why) => panic!("`{text}` in generated code: {why}"),
    }
}

impl Scalar for StoragePath {
    fn expected() -> String {
        "an absolute path such as `/var/lib/tracecore/otlp`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        Self::parse(&text.text).map_err(|why| {
            let rooted = format!("/{}", text.text.trim_start_matches("./"));
            let help = (!text.text.starts_with('/') && Self::parse(&rooted).is_ok())
                .then(|| format!("did you mean `{rooted}`?"));
            Invalid { help, ..Invalid::because(why) }
        })
    }

    fn literal(&self) -> Literal {
        Literal::Local(format!("storage({:?})", self.0.to_string_lossy()))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^/"})
    }

    fn show(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    fn tell(&self, node: &Node, cx: &mut Decoder<'_>) {
        cx.fact(Fact::Storage(self.clone()), node.span);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Order, Overflow, QueueConfig, RetryConfig, StoragePath};
    use crate::{ByteSize, Scalar, Text};

    fn broken(value: &impl crate::Value) -> Vec<String> {
        let mut found = Vec::new();
        value.violations("", &mut found);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_are_those_of_the_docs_and_break_no_rule() {
        let (queue, retry) = (QueueConfig::default(), RetryConfig::default());
        assert_eq!((queue.size, queue.overflow), (ByteSize(8 << 20), Overflow::DropOldest));
        assert_eq!((queue.batch.bytes, queue.batch.timeout), (ByteSize(1 << 20), Duration::from_millis(200)));
        assert_eq!((queue.concurrency, queue.order, &queue.storage), (1, Order::OldestFirst, &None));
        assert_eq!((retry.initial, retry.max), (Duration::from_secs(5), Duration::from_secs(30)));
        assert_eq!((retry.multiplier, retry.max_elapsed), (1.5, None));
        assert!(broken(&queue).is_empty() && broken(&retry).is_empty());
    }

    #[test]
    fn rules_name_what_does_not_go_together() {
        let retry = RetryConfig {
            initial: Duration::from_secs(60),
            max_elapsed: Some(Duration::from_secs(10)),
            ..RetryConfig::default()
        };
        assert_eq!(
            broken(&retry),
            [
                "`initial` is longer than `max`",
                "`max_elapsed` is shorter than `initial`: nothing would be tried twice"
            ]
        );
        let queue = QueueConfig { storage_size: Some(ByteSize(1 << 30)), ..QueueConfig::default() };
        assert_eq!(broken(&queue), ["`storage_size` says something about `storage`, which is not there"]);
    }

    #[test]
    fn storage_is_an_absolute_path() {
        assert!(StoragePath::parse("/var/lib/tracecore").is_ok());
        for bad in ["", "queue", "./queue", "/", "//", "/a\0b"] {
            assert!(StoragePath::parse(bad).is_err(), "{bad}");
        }
        let invalid = <StoragePath as crate::Scalar>::parse(&Text::filled("var/lib/x"));
        assert_eq!(
            invalid.err().and_then(|invalid| invalid.help).as_deref(),
            Some("did you mean `/var/lib/x`?")
        );
    }

    #[test]
    fn overflow_reads_what_it_shows() {
        for overflow in Overflow::VALUES {
            assert_eq!(Overflow::parse(&Text::filled(&Scalar::show(&overflow))), Ok(overflow));
        }
        let near = Overflow::parse(&Text::filled("drop_oldst")).err().and_then(|invalid| invalid.help);
        assert_eq!(near.as_deref(), Some("did you mean `drop_oldest`?"));
    }
}
