// SPDX-License-Identifier: Apache-2.0
//! Nodes of a thread's own, for programs that call the functions without loading a library.
//!
//! A driver's library has one state per process; a pipeline may have several simulated
//! receivers, each with GPUs of its own and a thread of its own. So a thread says which node
//! its calls go to.

use std::cell::RefCell;

use tracecore_gpusim::{Function, SimError, Simulation};

thread_local! {
    static CURRENT: RefCell<Option<Simulation>> = const { RefCell::new(None) };
}

/// Calls of this thread go to `simulation` from now on, until the attachment is dropped or
/// another one is made or [resumed](Attachment::resume).
///
/// Handles name a place in a node: they belong to the node that gave them out.
#[must_use = "it ends when it is dropped"]
pub fn attach(simulation: Simulation) -> Attachment {
    let attachment = Attachment { simulation };
    attachment.resume();
    attachment
}

/// That a thread's calls go to a node. It may be moved to another thread and resumed there.
#[derive(Debug)]
pub struct Attachment {
    simulation: Simulation,
}

impl Attachment {
    /// Calls of the present thread go to this node again, whatever was attached meanwhile.
    /// Costs a few nanoseconds where that is so already.
    pub fn resume(&self) {
        // During the end of a thread there is nothing to attach to any more.
        let _ = CURRENT.try_with(|current| {
            let mut current = current.borrow_mut();
            if !current.as_ref().is_some_and(|current| current.is(&self.simulation)) {
                *current = Some(self.simulation.clone());
            }
        });
    }

    /// The node.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}

impl Drop for Attachment {
    /// Ends it on the present thread. Another thread that was attached to the same node
    /// forgets it when it attaches again or ends.
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| {
            let mut current = current.borrow_mut();
            if current.as_ref().is_some_and(|current| current.is(&self.simulation)) {
                *current = None;
            }
        });
    }
}

/// Which functions the driver of this thread's node has; all of them where there is none.
pub(crate) fn has() -> impl Fn(&str) -> bool {
    let profile = CURRENT.with(|current| current.borrow().as_ref().map(Simulation::profile));
    move |name| match (profile, Function::by_name(name)) {
        (Some(profile), Some(function)) => profile.has(function),
        _ => true,
    }
}

/// Runs a call with the node that this thread is attached to, if it is.
pub(crate) fn with<T>(call: impl FnOnce(Option<&Simulation>) -> Result<T, SimError>) -> Result<T, SimError> {
    CURRENT.with(|current| call(current.borrow().as_ref()))
}
