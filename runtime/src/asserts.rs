// SPDX-License-Identifier: Apache-2.0
//! What the attribute macros have rustc check of a component once all of its types are known.
//!
//! Each function is evaluated in a constant that stands at the author's token, and generic over
//! the component alone: if its config is no config at all, that is one error, and these are
//! silent.

use std::marker::PhantomData;

use tracecore_schema::{Declaration as _, Descriptor, MetricSet as _, Role, SignalKind};

use crate::signal::Signal;
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

/// Whether the processor `P` processes `S`: the constant of the impl below if it does, that of
/// [`Otherwise`] if not. It asks nothing of rustc that could fail.
#[derive(Debug)]
pub struct Processed<P, S>(PhantomData<fn(P, S)>);

impl<P: Processes<S>, S: Signal> Processed<P, S> {
    /// It does.
    pub const HERE: bool = true;
}

/// Whether the stream exporter `E` encodes `S`, likewise.
#[derive(Debug)]
pub struct Encoded<E, S>(PhantomData<fn(E, S)>);

impl<E: Encodes<S>, S: Signal> Encoded<E, S> {
    /// It does.
    pub const HERE: bool = true;
}

/// What is so if nothing else is said.
pub trait Otherwise {
    /// It does not.
    const HERE: bool = false;
}

impl<P, S> Otherwise for Processed<P, S> {}
impl<E, S> Otherwise for Encoded<E, S> {}

/// The processor does something with each signal that its config declares; `here` says whether it
/// does with metrics and with logs. One that does nothing at all yet is left alone.
///
/// # Panics
///
/// It lacks a signal; the build stops there.
#[track_caller]
#[allow(clippy::panic, reason = "evaluated by the compiler, never at run time")]
pub const fn assert_processes<P: Declared>(here: [bool; 2]) {
    match lacking::<P>(here) {
        None => {}
        Some(SignalKind::Metrics) => {
            panic!("the config declares `metrics`, so the processor needs `impl Processes<Metrics>` as well")
        }
        Some(SignalKind::Logs) => {
            panic!("the config declares `logs`, so the processor needs `impl Processes<Logs>` as well")
        }
    }
}

/// The stream exporter encodes each signal that its config declares, likewise.
///
/// # Panics
///
/// It lacks a signal; the build stops there.
#[track_caller]
#[allow(clippy::panic, reason = "evaluated by the compiler, never at run time")]
pub const fn assert_encodes<E: Declared>(here: [bool; 2]) {
    match lacking::<E>(here) {
        None => {}
        Some(SignalKind::Metrics) => {
            panic!("the config declares `metrics`, so the exporter needs `impl Encodes<Metrics>` as well")
        }
        Some(SignalKind::Logs) => {
            panic!("the config declares `logs`, so the exporter needs `impl Encodes<Logs>` as well")
        }
    }
}

const fn lacking<C: Declared>(here: [bool; 2]) -> Option<SignalKind> {
    let declared = C::Config::SIGNALS;
    let mut at = 0;
    while at < declared.len() && (here[0] || here[1]) {
        let there = match declared[at] {
            SignalKind::Metrics => here[0],
            SignalKind::Logs => here[1],
        };
        if !there {
            return Some(declared[at]);
        }
        at += 1;
    }
    None
}
