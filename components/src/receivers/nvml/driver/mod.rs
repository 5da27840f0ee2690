// SPDX-License-Identifier: Apache-2.0
//! The driver as the collector sees it, in the library's own units: one driver over a table of
//! functions, which the driver's library fills, or the simulation.
//!
//! | file | for |
//! |---|---|
//! | `library.rs`, `load_error.rs` | finding, opening and closing the library; why it cannot be |
//! | `device.rs` | [`Driver`] and [`Device`], and their texts |
//! | `call.rs`, `getters.rs` | calls of one value: a line each |
//! | `fields.rs` | many values by number, in one call |
//! | `simulated.rs` | the simulation's table |
//!
//! Invariant: a call here is one call of the library, and those that are made each tick
//! allocate nothing when they succeed.

mod call;
mod device;
mod fields;
mod getters;
mod library;
mod load_error;
mod simulated;

pub(crate) use call::{check, struct_version, symbol};
pub(crate) use device::{Device, Driver};
pub(crate) use fields::{Asked, FieldId, FieldIds, field};
pub(crate) use load_error::{LoadError, kernel_driver_version, unreadable_nodes};
pub(crate) use simulated::simulate;
#[cfg(test)]
pub(crate) use simulated::simulate_with;

use super::code::Code;
