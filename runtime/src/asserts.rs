// SPDX-License-Identifier: Apache-2.0
//! What the attribute macros have rustc check of a component once all of its types are known.
//!
//! Each function is evaluated in a constant that stands at the author's token, and generic over
//! the component alone: if its config is no config at all, that is one error, and these are
//! silent.

use tracecore_schema::{Declaration, Descriptor, MetricSet as _, Role, signals};

use crate::signal::{Logs, Metrics};
use crate::{Declared, Emits, Encodes, Processes};

/// The component's config declares a component of this role.
///
/// # Panics
///
/// It declares one of another role; the build stops there.
#[track_caller]
#[allow(clippy::panic, reason = "evaluated by the compiler, never at run time")]
pub const fn assert_role<C: Declared>(role: Role) {
    match (role, C::Config::ROLE) {
        (Role::Receiver, Role::Receiver)
        | (Role::Processor, Role::Processor)
        | (Role::Exporter, Role::Exporter) => {}
        (Role::Receiver, Role::Processor) => {
            panic!(
                "this config declares a processor; `#[receiver]` takes one with `#[config(receiver = \"kind\")]`"
            )
        }
        (Role::Receiver, Role::Exporter) => {
            panic!(
                "this config declares an exporter; `#[receiver]` takes one with `#[config(receiver = \"kind\")]`"
            )
        }
        (Role::Processor, Role::Receiver) => {
            panic!(
                "this config declares a receiver; `#[processor]` takes one with `#[config(processor = \"kind\")]`"
            )
        }
        (Role::Processor, Role::Exporter) => {
            panic!(
                "this config declares an exporter; `#[processor]` takes one with `#[config(processor = \"kind\")]`"
            )
        }
        (Role::Exporter, Role::Receiver) => {
            panic!(
                "this config declares a receiver; `#[exporter]` takes one with `#[config(exporter = \"kind\")]`"
            )
        }
        (Role::Exporter, Role::Processor) => {
            panic!(
                "this config declares a processor; `#[exporter]` takes one with `#[config(exporter = \"kind\")]`"
            )
        }
    }
}

/// The receiver emits what its config declares.
///
/// # Panics
///
/// The two name other metrics; the build stops there.
#[track_caller]
#[allow(clippy::panic, reason = "evaluated by the compiler, never at run time")]
pub const fn assert_metrics<R: Emits>() {
    let (emitted, declared) = (R::Metrics::DESCRIPTORS, R::Config::METRICS);
    // A config of another role declares none and has been reported.
    if matches!(R::Config::ROLE, Role::Receiver) && !same(emitted, declared) {
        panic!(
            "these are not the metrics that the config declares; \
             `#[config(metrics = Set)]` and `#[receiver(metrics = Set)]` name the same set"
        );
    }
}

const fn same(one: &[Descriptor], other: &[Descriptor]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if !same_text(one[at].name.as_bytes(), other[at].name.as_bytes()) {
            return false;
        }
        at += 1;
    }
    true
}

const fn same_text(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Processes every signal of the set `S`. Follows from [`Processes`].
pub trait ProcessesAll<S> {}

impl<P: Processes<Metrics>> ProcessesAll<signals::Metrics> for P {}
impl<P: Processes<Logs>> ProcessesAll<signals::Logs> for P {}
impl<P: Processes<Metrics> + Processes<Logs>> ProcessesAll<signals::MetricsAndLogs> for P {}

/// The processor does something with each signal that its config declares.
pub const fn assert_processes<P>()
where
    P: Declared + ProcessesAll<<P::Config as Declaration>::Signals>,
{
}

/// Encodes every signal of the set `S`. Follows from [`Encodes`].
pub trait EncodesAll<S> {}

impl<E: Encodes<Metrics>> EncodesAll<signals::Metrics> for E {}
impl<E: Encodes<Logs>> EncodesAll<signals::Logs> for E {}
impl<E: Encodes<Metrics> + Encodes<Logs>> EncodesAll<signals::MetricsAndLogs> for E {}

/// The stream exporter encodes each signal that its config declares.
pub const fn assert_encodes<E>()
where
    E: Declared + EncodesAll<<E::Config as Declaration>::Signals>,
{
}
