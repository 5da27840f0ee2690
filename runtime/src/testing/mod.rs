// SPDX-License-Identifier: Apache-2.0
//! What tests of components and of the runtime use: fakes that remember, faults that can be
//! planted. Nothing here is reached by a running collector.

mod encoding;
mod harness;
mod lane;
mod receiver_telemetry;

pub use encoding::{Encoding, lane, open};
pub use harness::{Harness, Point, settings};
pub use lane::{Lane, branch, lane_info};
pub use receiver_telemetry::{CapturedReceiver, Recorded};

use crate::telemetry::{InitErrorReason, Registry};

/// Makes every registration of a component with `registry` fail for this reason until it is
/// called with `None` (contract X3).
pub fn fail_registrations(registry: &Registry, reason: Option<InitErrorReason>) {
    registry.plant(reason);
}

/// A registry whose meter provider could not be had, as if the SDK had failed at start-up: it
/// takes everything, and shows nothing (contract L4, X3).
#[must_use]
pub fn registry_without_provider() -> Registry {
    Registry::without_provider()
}
