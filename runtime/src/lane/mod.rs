// SPDX-License-Identifier: Apache-2.0
//! A lane: one receiver, its branches, one thread. Shared-nothing: what it shares with others
//! are counters it adds to, queues it pushes finished frames into and page segments it stores
//! into.
//!
//! Invariant: from the return of `collect` to a ready frame there is no trait object, no
//! allocation, no lock and no formatting through `core::fmt` ([`tick`](tick::tick)); failures
//! are cold.

mod beat;
mod branch;
mod branch_logs;
mod chain;
mod run;
mod table;
mod tick;
mod watched;

pub(crate) use beat::Beat;
pub use branch::{Branch, Branches, NewSeries};
pub use chain::{Chain, Encoders};
pub(crate) use run::{LaneContext, panic_text, run};
pub(crate) use table::{Admitting, SeriesTable};
pub(crate) use tick::tick;
pub use watched::Watched;
