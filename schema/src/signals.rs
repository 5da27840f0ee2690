// SPDX-License-Identifier: Apache-2.0
//! The signals of a component as a type, so that what a receiver writes into follows from what
//! its config declares. `#[derive(Config)]` names one of these; nobody makes a value of one.

use crate::SignalKind;

/// Which signals a component carries.
pub trait SignalSet: 'static {
    /// The signals.
    const KINDS: &'static [SignalKind];
}

/// `signal = metrics`.
#[derive(Clone, Copy, Debug)]
pub enum Metrics {}

/// `signal = logs`.
#[derive(Clone, Copy, Debug)]
pub enum Logs {}

/// `signals(metrics, logs)`.
#[derive(Clone, Copy, Debug)]
pub enum MetricsAndLogs {}

impl SignalSet for Metrics {
    const KINDS: &'static [SignalKind] = &[SignalKind::Metrics];
}

impl SignalSet for Logs {
    const KINDS: &'static [SignalKind] = &[SignalKind::Logs];
}

impl SignalSet for MetricsAndLogs {
    const KINDS: &'static [SignalKind] = &[SignalKind::Metrics, SignalKind::Logs];
}
