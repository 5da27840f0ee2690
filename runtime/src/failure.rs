// SPDX-License-Identifier: Apache-2.0
//! What a component reports when something goes wrong: one of its declared kinds, and why.

use std::fmt;
use std::time::Duration;

use crate::Declared;

/// The error kinds of one component. The attribute macros write it; a kind that is not
/// declared has no name and so cannot be reported.
pub trait ErrorKind: Copy + fmt::Debug + Send + Sync + 'static {
    /// The kinds as the `kind` label shows them, by [`index`](Self::index).
    const NAMES: &'static [&'static str];
    /// The component could not be opened.
    const INIT: Self;

    /// The place in [`NAMES`](Self::NAMES).
    fn index(self) -> usize;

    /// A failure of this kind.
    #[cold]
    fn because(self, cause: impl fmt::Display) -> Fault<Self> {
        Fault {
            kind: self,
            message: cause.to_string(),
            more: Vec::new(),
            reopen: false,
            closed: false,
            retry: None,
        }
    }
}

/// A failure of the component `C`.
pub type Failure<C> = Fault<<C as Declared>::Kind>;

/// One failure, or several that came from one call.
#[derive(Clone, Debug)]
pub struct Fault<K> {
    kind: K,
    message: String,
    more: Vec<(K, String)>,
    reopen: bool,
    closed: bool,
    retry: Option<Retry>,
}

/// When an attempt to deliver that failed may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After a while of the runtime's choice.
    Later,
    /// Not before this has passed: the other side said so.
    After(Duration),
}

impl<K: ErrorKind> Fault<K> {
    /// Adds a failure of the same call: every one is counted.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.more.push((other.kind, other.message));
        self.more.extend(other.more);
        self.reopen |= other.reopen;
        self
    }

    /// Asks for the component to be closed and opened again: what it holds is of no use.
    #[must_use]
    pub fn reopen(mut self) -> Self {
        self.reopen = true;
        self
    }

    /// Says that whoever read has gone away for good: a closed pipe. The exporter ends; if it
    /// is the only one, so does the process, quietly.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Says that the same delivery may succeed later: the runtime keeps the batch and tries
    /// again, less and less often. Without it, a failed delivery is final and its items are
    /// counted as rejected.
    #[must_use]
    pub const fn transient(mut self) -> Self {
        if self.retry.is_none() {
            self.retry = Some(Retry::Later);
        }
        self
    }

    /// The same, and not before `wait` has passed: the other side asked for that (`Retry-After`,
    /// `RetryInfo`).
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry = Some(Retry::After(wait));
        self
    }

    /// When the same delivery may be tried again; `None` if that is of no use.
    #[must_use]
    pub const fn retry(&self) -> Option<Retry> {
        self.retry
    }

    /// Whether whoever read has gone away for good.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether it asks to be opened again.
    #[must_use]
    pub const fn wants_reopen(&self) -> bool {
        self.reopen
    }

    /// The first kind.
    #[must_use]
    pub const fn kind(&self) -> K {
        self.kind
    }

    /// All kinds, first to last.
    pub fn kinds(&self) -> impl Iterator<Item = K> + '_ {
        std::iter::once(self.kind).chain(self.more.iter().map(|(kind, _)| *kind))
    }
}

impl<K: ErrorKind> fmt::Display for Fault<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (_, message) in self.more.iter().take(7) {
            write!(f, "; {message}")?;
        }
        match self.more.len().checked_sub(7) {
            None | Some(0) => Ok(()),
            Some(left) => write!(f, "; and {left} more"),
        }
    }
}

/// Gathers the failures of one call that goes on after each of them.
#[derive(Debug)]
pub struct Faults<K>(Option<Fault<K>>);

impl<K: ErrorKind> Faults<K> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Adds one.
    #[cold]
    pub fn push(&mut self, fault: Fault<K>) {
        self.0 = Some(match self.0.take() {
            None => fault,
            Some(first) => first.and(fault),
        });
    }

    /// `Ok` if there was none.
    ///
    /// # Errors
    ///
    /// All that were pushed, as one.
    pub fn into_result(self) -> Result<(), Fault<K>> {
        self.0.map_or(Ok(()), Err)
    }
}

impl<K: ErrorKind> Default for Faults<K> {
    fn default() -> Self {
        Self::new()
    }
}
