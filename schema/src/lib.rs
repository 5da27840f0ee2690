// SPDX-License-Identifier: Apache-2.0
//! What both sides of TraceCore share: the compiler, which reads pipeline files, and the
//! runtime, which runs what they declare.
//!
//! A component's *schema half* is written against this crate alone: its config type, its
//! metrics and its declaration. So a build script can check a file with the very code that
//! will run, without compiling an async runtime or a driver for the host.
//!
//! Invariant: no tokio, no OpenTelemetry, no I/O. What only a running machine knows enters
//! as a [`Template`] and is filled by the runtime.

#![forbid(unsafe_code)]

#[allow(unused_extern_crates, reason = "derives in this crate name it by its outside name")]
extern crate self as tracecore_schema;

mod attribute;
mod catalog;
mod component;
mod config;
mod decode;
pub mod delivery;
mod field_type;
mod grammar;
mod literal;
mod member;
mod metric;
mod missing;
mod node;
mod problem;
mod scalar;
mod serde_bridge;
pub mod signals;
mod span;
mod spelling;
mod suggest;
pub mod telemetry;
mod template;
mod values;
mod variants;
#[path = "../../macros/src/words.rs"]
pub mod words;

pub use attribute::{Attribute, AttributeValue};
pub use catalog::{Catalog, Entry};
pub use component::{ComponentId, InvalidId, Role, SignalKind};
pub use config::{Config, Declaration, Field, Violation};
pub use decode::{Decoded, Decoder, Fact, Hole, Origin, Setting, Value};
pub use grammar::parse_duration;
pub use literal::Literal;
pub use metric::{
    Counter, Descriptor, Family, Gauge, Instrument, MetricSet, Number, NumberKind, UpDownCounter,
};
pub use node::{Key, Node, NodeKind, Style, Text};
pub use problem::{Problem, Severity};
pub use scalar::{Invalid, Scalar};
pub use span::{FileId, Span};
pub use spelling::{Label, Scale, Spelling};
pub use suggest::nearest;
pub use template::{Part, Template, TemplateError};
pub use tracecore_macros::{Config, ConfigValue, MetricSet};
pub use values::{ByteSize, Glob, Listen, Pattern, Secret, SecretSource, format_duration};

/// What generated code needs and nobody else should name.
#[doc(hidden)]
pub mod private {
    pub use crate::decode::{FieldReader, Limit, Slot, fields};
    pub use crate::member::{
        Bounds, Member, ObjectSchema, bounded, broken, check_text, default, describe, literal, show,
        tell_default, violations, written,
    };
    pub use crate::metric::{MetricField, described, handle};
    pub use crate::missing::Missing;
    pub use crate::serde_bridge::{Serde, from_json};
    pub use crate::variants::{Variant, of_variants, parse_variant, variants_schema};
    pub use serde_json;
}
