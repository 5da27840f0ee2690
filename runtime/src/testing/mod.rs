// SPDX-License-Identifier: Apache-2.0
//! What tests of components and of the runtime use: fakes that remember, faults that can be
//! planted. Nothing here is reached by a running collector.
//!
//! | to | use |
//! |---|---|
//! | run a receiver, or show a processor a series, in one call | [`run_once`], [`admit`] |
//! | the same for log records | [`run_once_for_records`], [`admit_record`] |
//! | tick a receiver by hand and look at its points and records | [`Harness`] |
//! | see what the runtime records of it | [`Harness::capture`], [`CapturedReceiver`] |
//! | plan readings, failures, hangs and panics | [`Script`] |
//! | let time pass without waiting | [`Clock::manual`] |
//! | run an encoder by hand | [`Encoding`], of log records [`encode_logs`] |
//! | see what reaches an exporter | [`Recordings`] (by hand), [`Recording`] (in a collector) |
//! | tick a whole lane by hand, with processors and encoders | [`Lane`], [`branch`], [`logs_branch`] |

mod encoding;
mod harness;
mod lane;
mod log_record;
mod once;
mod receiver_telemetry;
mod recording;
mod script;

pub use encoding::{Encoding, encode_logs, lane, open};
pub use harness::{Harness, Point, settings};
pub use lane::{Lane, branch, lane_info, logs_branch};
pub use log_record::LogRecord;
pub use once::{admit, admit_record, run_once, run_once_for_records};
pub use receiver_telemetry::{CapturedReceiver, Recorded};
pub use recording::{RecordedLog, RecordedPoint, Recording, RecordingConfig, RecordingEncoder, Recordings};
pub use script::{Script, Step};

pub use crate::page::Clock;
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
