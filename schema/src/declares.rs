// SPDX-License-Identifier: Apache-2.0
//! How the two halves of a component find each other: `#[derive(Config)]` implements these,
//! `#[receiver]`, `#[processor]` and `#[exporter]` ask for them.
//!
//! Each has an associated type by which the attribute macro names the config. So a config of
//! the wrong role is one error, at the author's own token, and everything that follows from it
//! is silent.

use crate::{Declaration, MetricSet};

/// The config of a receiver.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no receiver",
    label = "not the config of a receiver",
    note = "a receiver's config has #[derive(Config)] and #[config(receiver = \"name\", signal = metrics, rust = Type)]"
)]
pub trait DeclaresReceiver {
    /// The config.
    type This: Declaration + Send + Sync;
}

/// The config of a processor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no processor",
    label = "not the config of a processor",
    note = "a processor's config has #[derive(Config)] and #[config(processor = \"name\", signal = metrics, rust = Type)]"
)]
pub trait DeclaresProcessor {
    /// The config.
    type This: Declaration + Send + Sync;
}

/// The config of an exporter.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares no exporter",
    label = "not the config of an exporter",
    note = "an exporter's config has #[derive(Config)] and #[config(exporter = \"name\", signal = metrics, rust = Type)]"
)]
pub trait DeclaresExporter {
    /// The config.
    type This: Declaration + Send + Sync;
}

/// The config of a receiver that emits the metrics `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares other metrics than `{M}`",
    label = "not the set that the config declares",
    note = "name the same set in #[config(metrics = Set)] and in #[receiver(metrics = Set)]; without the argument there are none"
)]
pub trait DeclaresMetrics<M> {
    /// The metrics.
    type Set: MetricSet + Send;
}
