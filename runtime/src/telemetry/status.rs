// SPDX-License-Identifier: Apache-2.0
//! How a component says what state it is in (contract X6).

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What state a component is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It is being opened.
    Starting,
    /// It works.
    Ok,
    /// It does not work now, and will be tried again.
    RecoverableError,
    /// It does not work and will not, but the others do.
    PermanentError,
    /// It does not work, and the collector cannot go on without it.
    FatalError,
    /// It is being stopped.
    Stopping,
    /// It has stopped.
    Stopped,
}

impl Status {
    /// All statuses, in the order of a component's life.
    pub const ALL: [Self; 7] = [
        Self::Starting,
        Self::Ok,
        Self::RecoverableError,
        Self::PermanentError,
        Self::FatalError,
        Self::Stopping,
        Self::Stopped,
    ];

    /// The status in words: `recoverable_error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ok => "ok",
            Self::RecoverableError => "recoverable_error",
            Self::PermanentError => "permanent_error",
            Self::FatalError => "fatal_error",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// A host of components. One that does not care about status implements nothing.
pub trait StatusHost {
    /// The component `id` is in this state.
    fn component_status(&self, id: &str, status: Status) {
        let _ = (id, status);
    }
}

/// Says to the host that the component `id` is in this state. Never panics, whatever the host
/// does: a component must not fail because of who watches it.
pub fn report_status(host: &dyn StatusHost, id: &str, status: Status) {
    if catch_unwind(AssertUnwindSafe(|| host.component_status(id, status))).is_err() {
        tracing::error!(component_id = id, "the host panicked over the status `{}`", status.name());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a host that panics is what is tested")]
    use std::cell::RefCell;

    use super::{Status, StatusHost, report_status};

    struct Careless;
    impl StatusHost for Careless {}

    struct Listening(RefCell<Vec<(String, Status)>>);
    impl StatusHost for Listening {
        fn component_status(&self, id: &str, status: Status) {
            self.0.borrow_mut().push((id.to_owned(), status));
        }
    }

    struct Panicking;
    impl StatusHost for Panicking {
        fn component_status(&self, _: &str, _: Status) {
            panic!("not today");
        }
    }

    #[test]
    fn x6_a_host_hears_the_status_or_discards_it_and_never_panics() {
        report_status(&Careless, "nvml", Status::FatalError);
        report_status(&Panicking, "nvml", Status::Ok);
        let host = Listening(RefCell::default());
        report_status(&host, "nvml", Status::Starting);
        report_status(&host, "nvml", Status::Ok);
        assert_eq!(
            host.0.into_inner(),
            [("nvml".to_owned(), Status::Starting), ("nvml".to_owned(), Status::Ok)]
        );
    }
}
