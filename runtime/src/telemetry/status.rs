// SPDX-License-Identifier: Apache-2.0
//! How a component says what state it is in (contract X6).

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tracecore_schema::Role;

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

impl Status {
    /// Of several components together, the status with the highest number is theirs.
    pub(super) const fn severity(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Stopped => 1,
            Self::Stopping => 2,
            Self::Starting => 3,
            Self::RecoverableError => 4,
            Self::PermanentError => 5,
            Self::FatalError => 6,
        }
    }

    /// Whether the component does not do its work although it should.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::RecoverableError | Self::PermanentError | Self::FatalError)
    }

    /// Whether `next` may follow: what is over or beyond recovery does not come back.
    const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Stopped => false,
            Self::FatalError | Self::PermanentError => matches!(next, Self::Stopping | Self::Stopped),
            Self::Stopping => !matches!(next, Self::Starting | Self::Ok),
            Self::Starting | Self::Ok | Self::RecoverableError => true,
        }
    }
}

/// What a component says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusEvent<'a> {
    /// What kind of component it is.
    pub role: Role,
    /// `kind` or `kind/name`.
    pub id: &'a str,
    /// The state it is in now.
    pub status: Status,
    /// Why, in a few words; empty if there is nothing to say.
    pub reason: &'a str,
}

impl<'a> StatusEvent<'a> {
    /// The component is in this state.
    #[must_use]
    pub const fn new(role: Role, id: &'a str, status: Status) -> Self {
        Self { role, id, status, reason: "" }
    }

    /// Because of this.
    #[must_use]
    pub const fn because(mut self, reason: &'a str) -> Self {
        self.reason = reason;
        self
    }
}

/// A host of components. One that does not care about status implements nothing.
pub trait StatusHost {
    /// A component is in another state.
    fn component_status(&self, event: &StatusEvent<'_>) {
        let _ = event;
    }
}

/// Says to the host in which state a component is. Never panics, whatever the host does: a
/// component must not fail because of who watches it.
pub fn report_status(host: &dyn StatusHost, event: &StatusEvent<'_>) {
    if catch_unwind(AssertUnwindSafe(|| host.component_status(event))).is_err() {
        let status = event.status.name();
        tracing::error!(component_id = event.id, "the host panicked over the status `{status}`");
    }
}

/// What is known of one component's state.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) status: Status,
    pub(super) reason: String,
    pub(super) since: SystemTime,
    /// The same by a clock that nobody sets.
    pub(super) from: Instant,
}

/// The states of all components.
#[derive(Debug, Default)]
pub(super) struct States(Mutex<BTreeMap<(Role, String), State>>);

impl States {
    pub(super) fn report(&self, event: &StatusEvent<'_>) {
        let mut states = self.lock();
        let key = (event.role, event.id.to_owned());
        if let Some(known) = states.get_mut(&key) {
            if known.status == event.status {
                // Still so: since when does not change, why may.
                event.reason.clone_into(&mut known.reason);
                return;
            }
            if !known.status.may_become(event.status) {
                return;
            }
        }
        let state = State {
            status: event.status,
            reason: event.reason.to_owned(),
            since: SystemTime::now(),
            from: Instant::now(),
        };
        states.insert(key, state);
    }

    pub(super) fn get(&self, role: Role, id: &str) -> Option<State> {
        self.lock().get(&(role, id.to_owned())).cloned()
    }

    /// Who has been in trouble for this long.
    pub(super) fn in_trouble_for(&self, long: Duration) -> Option<String> {
        let states = self.lock();
        let lasting = |state: &State| state.status.is_error() && state.from.elapsed() >= long;
        states.iter().find(|(_, state)| lasting(state)).map(|((_, id), _)| id.clone())
    }

    /// Every component in this role that has not ended is in this state now.
    pub(super) fn all_become(&self, role: Role, status: Status) {
        let ids: Vec<_> = self.lock().keys().filter(|key| key.0 == role).map(|key| key.1.clone()).collect();
        ids.iter().for_each(|id| self.report(&StatusEvent::new(role, id, status)));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Role, String), State>> {
        // An insertion is all that happens under the lock; a panic leaves a map in order.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, clippy::unwrap_used, reason = "a test may end here")]
    use std::cell::RefCell;
    use std::time::Duration;

    use tracecore_schema::Role;

    use super::{States, Status, StatusEvent, StatusHost, report_status};

    struct Careless;
    impl StatusHost for Careless {}

    struct Listening(RefCell<Vec<(String, Status, String)>>);
    impl StatusHost for Listening {
        fn component_status(&self, event: &StatusEvent<'_>) {
            self.0.borrow_mut().push((event.id.to_owned(), event.status, event.reason.to_owned()));
        }
    }

    struct Panicking;
    impl StatusHost for Panicking {
        fn component_status(&self, _: &StatusEvent<'_>) {
            panic!("not today");
        }
    }

    fn event(status: Status) -> StatusEvent<'static> {
        StatusEvent::new(Role::Receiver, "nvml", status)
    }

    #[test]
    fn x6_a_host_hears_the_status_or_discards_it_and_never_panics() {
        report_status(&Careless, &event(Status::FatalError));
        report_status(&Panicking, &event(Status::Ok));
        let host = Listening(RefCell::default());
        report_status(&host, &event(Status::Starting));
        report_status(&host, &event(Status::RecoverableError).because("no driver"));
        let said = |status, reason: &str| ("nvml".to_owned(), status, reason.to_owned());
        assert_eq!(
            host.0.into_inner(),
            [said(Status::Starting, ""), said(Status::RecoverableError, "no driver")]
        );
    }

    #[test]
    fn a_state_keeps_its_time_while_it_lasts_and_what_has_ended_stays_ended() {
        let states = States::default();
        let now = |states: &States| states.get(Role::Receiver, "nvml").unwrap();
        states.report(&event(Status::RecoverableError).because("no driver"));
        let first = now(&states);
        states.report(&event(Status::RecoverableError).because("no permission"));
        assert_eq!((now(&states).from, now(&states).reason.as_str()), (first.from, "no permission"));
        assert_eq!(states.in_trouble_for(Duration::ZERO).as_deref(), Some("nvml"));
        assert_eq!(states.in_trouble_for(Duration::from_secs(60)), None, "not for that long");
        states.report(&event(Status::Ok));
        assert!(now(&states).from > first.from && now(&states).reason.is_empty());
        assert_eq!(states.in_trouble_for(Duration::ZERO), None);
        states.all_become(Role::Receiver, Status::Stopping);
        states.report(&event(Status::Ok));
        assert_eq!(now(&states).status, Status::Stopping, "a late success changes nothing");
        states.report(&event(Status::Stopped));
        states.report(&event(Status::RecoverableError));
        assert_eq!(now(&states).status, Status::Stopped);
        assert!(states.get(Role::Exporter, "nvml").is_none(), "an exporter may have the same id");
    }

    #[test]
    fn a_permanent_error_is_permanent() {
        let states = States::default();
        states.report(&event(Status::PermanentError));
        states.report(&event(Status::Ok));
        assert_eq!(states.get(Role::Receiver, "nvml").unwrap().status, Status::PermanentError);
        states.report(&event(Status::Stopped));
        assert_eq!(states.get(Role::Receiver, "nvml").unwrap().status, Status::Stopped);
    }
}
