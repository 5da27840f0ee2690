// SPDX-License-Identifier: Apache-2.0
//! Stop tokens: one for threads that wait, one for tasks that await.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

/// Tells threads to stop, and lets them wait for that or a deadline.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// A token that has not been set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it and wakes everybody who waits.
    pub fn set(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether it has been set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is set or `deadline` has come; says whether it is set.
    #[must_use]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        let mut set = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if *set {
                return true;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            else {
                return false;
            };
            set = self.0.1.wait_timeout(set, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Tells a task to stop.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

/// The sending side of [`Stopping`].
#[derive(Debug)]
pub struct StopTasks(watch::Sender<bool>);

/// A pair for tasks.
#[must_use]
pub fn stop_tasks() -> (StopTasks, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (StopTasks(sender), Stopping(receiver))
}

impl StopTasks {
    /// Tells every task that holds the other half.
    pub fn set(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Whether it has been told to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when told to stop, at once if that has happened already.
    pub async fn stopped(&mut self) {
        // An error means that the sender is gone, which is a stop as well.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}
