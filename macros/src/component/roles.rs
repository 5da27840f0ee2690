// SPDX-License-Identifier: Apache-2.0
//! What sets the three attribute macros apart: a table, read by everything else.

use crate::args::Accepted;
use crate::words;

/// What sets a role apart.
pub(crate) struct Role {
    /// `receiver`.
    pub name: &'static str,
    /// `a receiver`.
    pub a: &'static str,
    /// The variant of the schema's `Role`.
    pub variant: &'static str,
    /// What its attribute accepts.
    pub accepted: Accepted,
    /// A legal use.
    pub usage: &'static str,
    /// The canonical error kinds.
    pub canonical: &'static [&'static str],
    /// Of these, the ones that the runtime reports.
    pub runtime: &'static [&'static str],
}

const CONFIG: (&str, &str) = ("config", "config = Config");
const ERRORS: (&str, &str) = ("errors", "errors(io, local(other))");
const CRATE: (&str, &str) = ("crate", "crate = path::to::tracecore_runtime");

const ELSEWHERE: &[(&[&str], &str)] = &[(
    &[
        "signal",
        "signals",
        "rust",
        "rule",
        "claims",
        "loads_library",
        "no_metrics",
        "no_logs",
        "kind",
        "name",
    ],
    "in `#[config(..)]` of the component's config",
)];

/// `#[receiver]`.
pub(crate) static RECEIVER: Role = Role {
    name: "receiver",
    a: "a receiver",
    variant: "Receiver",
    accepted: Accepted {
        place: "`#[receiver]`",
        args: &[CONFIG, ("metrics", "metrics = Metrics"), ("errors", "errors(read, local(other))"), CRATE],
        repeatable: &[],
        elsewhere: ELSEWHERE,
    },
    usage: "#[receiver(config = Config, metrics = Metrics, errors(read, local(other)))]",
    canonical: words::RECEIVER_ERROR_KINDS,
    runtime: words::RECEIVER_RUNTIME_KINDS,
};

/// `#[processor]`.
pub(crate) static PROCESSOR: Role = Role {
    name: "processor",
    a: "a processor",
    variant: "Processor",
    accepted: Accepted {
        place: "`#[processor]`",
        args: &[CONFIG, ("errors", "errors(local(other))"), CRATE],
        repeatable: &[],
        elsewhere: ELSEWHERE,
    },
    usage: "#[processor(config = Config)]",
    canonical: words::PROCESSOR_ERROR_KINDS,
    runtime: words::PROCESSOR_RUNTIME_KINDS,
};

/// `#[exporter]`.
pub(crate) static EXPORTER: Role = Role {
    name: "exporter",
    a: "an exporter",
    variant: "Exporter",
    accepted: Accepted {
        place: "`#[exporter]`",
        args: &[("stream", "stream"), ("page", "page"), CONFIG, ERRORS, CRATE],
        repeatable: &[],
        elsewhere: ELSEWHERE,
    },
    usage: "#[exporter(stream, config = Config, errors(io, local(other)))]",
    canonical: words::EXPORTER_ERROR_KINDS,
    runtime: words::EXPORTER_RUNTIME_KINDS,
};
