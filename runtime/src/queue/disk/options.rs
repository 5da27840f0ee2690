// SPDX-License-Identifier: Apache-2.0
//! How a store is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::io::{Io, Weather};

/// When what was written is brought to the disk itself.
///
/// All three survive the end of the process by whatever means, `kill -9` included, from the
/// moment the write call has returned: the bytes are the kernel's then. They differ in what a
/// loss of power or a crash of the kernel takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fsync {
    /// The kernel decides: loss of power takes what it had not yet written (Linux: about the
    /// last 30 s).
    Never,
    /// Loss of power takes at most what was written within this time (and while a sync was
    /// under way).
    Interval(Duration),
    /// A frame counts as accepted only when it is on the disk: loss of power takes none that
    /// was handed to the reader or counted as written.
    Always,
}

/// Which frames are delivered first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// As they came.
    #[default]
    OldestFirst,
    /// The newest that waits: after an outage the present comes before the past.
    NewestFirst,
}

/// What happens when there is no more room.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Overflow {
    /// The oldest frames go, a segment at a time, each item counted.
    #[default]
    DropOldest,
    /// The new frame is handed back to whoever appends it, who drops, counts or waits.
    Refuse,
}

/// Something that a person should read of once.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Frames go to memory from now on, since the folder does not take them.
    Degraded {
        /// What failed, and what the system says.
        reason: String,
    },
    /// The folder takes frames again.
    Restored {
        /// How long it did not.
        after: Duration,
    },
    /// Something was found from earlier, and all of it has been looked through.
    Recovered(super::Recovered),
    /// Damage was found while frames were read.
    Damaged {
        /// Frames lost.
        frames: u64,
        /// Their items.
        items: u64,
    },
}

/// How a store is opened.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Whose frames these are, e.g. the exporter's kind and the encoding of its frames: a
    /// folder with the frames of something else is refused.
    pub content: String,
    /// The most bytes that the folder's files may have.
    pub size: u64,
    /// The most payload bytes held in memory, frames in flight not among them. While frames
    /// are read back, for a moment up to a quarter more.
    pub memory: usize,
    /// When what was written is brought to the disk.
    pub fsync: Fsync,
    /// Which frames are delivered first.
    pub order: Order,
    /// What happens when there is no more room.
    pub overflow: Overflow,
    /// How long `open` may look through what is there; the rest is done beside the work.
    pub recovery_budget: Duration,
    /// The time until a failed call is tried again, at first; it doubles up to ten times this.
    pub retry: Duration,
    pub(super) segment: Option<u64>,
    pub(super) io: Io,
    pub(super) ready: Arc<dyn Fn() + Send + Sync>,
    pub(super) events: Arc<dyn Fn(Event) + Send + Sync>,
}

impl StoreOptions {
    /// Frames of `content`, in at most `size` bytes of files and 8 MiB of memory; synced every
    /// second, oldest first.
    #[must_use]
    pub fn new(content: impl Into<String>, size: u64) -> Self {
        Self {
            content: content.into(),
            size,
            memory: 8 << 20,
            fsync: Fsync::Interval(Duration::from_secs(1)),
            order: Order::OldestFirst,
            overflow: Overflow::DropOldest,
            recovery_budget: Duration::from_millis(500),
            retry: Duration::from_secs(1),
            segment: None,
            io: Io::default(),
            ready: Arc::new(|| {}),
            events: Arc::new(|_| {}),
        }
    }

    /// What is called, from the store's thread or an appending one, when there may be
    /// something to take. It must not block and must not call the store.
    #[must_use]
    pub fn on_ready(mut self, ready: impl Fn() + Send + Sync + 'static) -> Self {
        self.ready = Arc::new(ready);
        self
    }

    /// What is told of events, from the store's thread.
    #[must_use]
    pub fn on_event(mut self, events: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.events = Arc::new(events);
        self
    }

    /// Files of about this size; for tests.
    #[doc(hidden)]
    #[must_use]
    pub const fn segments_of(mut self, bytes: u64) -> Self {
        self.segment = Some(bytes);
        self
    }

    /// Calls that fail when a test says so.
    #[doc(hidden)]
    #[must_use]
    pub fn in_weather(mut self, weather: Arc<dyn Weather>) -> Self {
        self.io = Io(Some(weather));
        self
    }

    /// A sixteenth of the size, so that what is dropped at once is little, within reason.
    pub(super) fn segment_bytes(&self) -> u64 {
        self.segment.unwrap_or_else(|| (self.size / 16).clamp(4 << 10, 16 << 20))
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("content", &self.content)
            .field("size", &self.size)
            .field("memory", &self.memory)
            .field("fsync", &self.fsync)
            .field("order", &self.order)
            .field("overflow", &self.overflow)
            .finish_non_exhaustive()
    }
}
