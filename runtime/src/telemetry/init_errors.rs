// SPDX-License-Identifier: Apache-2.0
//! Components that had to fall back to no-op telemetry (contract X3).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use tracecore_schema::Role;

/// Why a component had to fall back to no-op telemetry. It runs all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitErrorReason {
    /// Telemetry is on, but there is no meter provider.
    NilProvider,
    /// An instrument could not be registered: a bad name or unit, or one that is taken.
    InstrumentRegister,
    /// The SDK in use cannot do what registering needs.
    UnsupportedSdk,
}

impl InitErrorReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::NilProvider, Self::InstrumentRegister, Self::UnsupportedSdk];

    /// The `reason` label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NilProvider => "nil_provider",
            Self::InstrumentRegister => "instrument_register",
            Self::UnsupportedSdk => "unsupported_sdk",
        }
    }
}

type Counts = BTreeMap<(Role, Arc<str>, InitErrorReason), u64>;

/// Counts fallbacks. They happen while components start, so a lock does no harm here.
#[derive(Debug, Default)]
pub(super) struct InitErrors {
    counts: Mutex<Counts>,
    /// What tests make the next registrations fail with, plus one; 0 for nothing.
    planted: AtomicU8,
}

impl InitErrors {
    /// Counts a fallback and logs it, the first time as a warning. Failure of the counter
    /// itself is swallowed: it must not take down what it only reports on.
    pub(super) fn add(&self, role: Role, id: &Arc<str>, reason: InitErrorReason, cause: &str) {
        let Ok(mut counts) = self.counts.lock() else { return };
        let count = counts.entry((role, Arc::clone(id), reason)).or_default();
        *count += 1;
        if *count == 1 {
            tracing::warn!(
                component_id = &**id,
                component_kind = role.name(),
                reason = reason.name(),
                "part of the component's own telemetry is off: {cause}"
            );
        }
    }

    pub(super) fn each(&self, mut show: impl FnMut(Role, &Arc<str>, InitErrorReason, u64)) {
        let Ok(counts) = self.counts.lock() else { return };
        for ((role, id, reason), count) in counts.iter() {
            show(*role, id, *reason, *count);
        }
    }

    pub(super) fn plant(&self, reason: Option<InitErrorReason>) {
        self.planted.store(reason.map_or(0, |reason| reason as u8 + 1), Ordering::Relaxed);
    }

    pub(super) fn planted(&self) -> Option<InitErrorReason> {
        let planted = self.planted.load(Ordering::Relaxed);
        InitErrorReason::ALL.get(usize::from(planted.checked_sub(1)?)).copied()
    }
}
