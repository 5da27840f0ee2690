// SPDX-License-Identifier: Apache-2.0
//! What the commands do, one file each.

mod collect;
mod components;
mod files;
mod version;

pub(crate) use collect::collect;
pub(crate) use components::components;
pub(crate) use files::{expand, graph, schema, validate};
pub(crate) use version::version;
