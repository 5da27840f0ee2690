// SPDX-License-Identifier: Apache-2.0
//! The parsers of the receiver `kernelevents`, compiled alone: they name nothing else of
//! TraceCore, and a fuzz build of the whole would take minutes and find nothing more.

#[path = "../components/src/receivers/kernelevents/lines/mod.rs"]
pub mod lines;

use std::cell::RefCell;

use lines::laws::Laws;

/// Calls with the laws of this thread, whose buffers are kept from one input to the next.
pub fn laws(look: impl FnOnce(&mut Laws)) {
    thread_local! {
        static LAWS: RefCell<Laws> = const { RefCell::new(Laws::new()) };
    }
    LAWS.with_borrow_mut(look);
}
