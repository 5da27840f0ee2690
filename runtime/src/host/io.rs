// SPDX-License-Identifier: Apache-2.0
//! The I/O thread: one tokio runtime on one thread, for delivery and HTTP.
//!
//! Invariant: nothing that runs here blocks. What must block (a write to a terminal) has a
//! thread of its own.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::mpsc as blocking;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::LocalSet;

type Task = Pin<Box<dyn Future<Output = ()>>>;
type Spawn = Box<dyn FnOnce() -> Task + Send>;

/// The I/O thread. Dropping it ends the thread with whatever it was doing.
#[derive(Debug)]
pub(crate) struct Io {
    spawn: Option<mpsc::UnboundedSender<Spawn>>,
    runtime: tokio::runtime::Handle,
    thread: Option<JoinHandle<()>>,
    ended: blocking::Receiver<()>,
}

impl Io {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system gives no thread or no event queue.
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("tracecore-write")
            .max_blocking_threads(4)
            .build()?;
        let handle = runtime.handle().clone();
        let (spawn, mut tasks) = mpsc::unbounded_channel::<Spawn>();
        let (ending, ended) = blocking::channel();
        let thread = std::thread::Builder::new().name("tracecore-io".to_owned()).stack_size(1 << 20).spawn(
            move || {
                let local = LocalSet::new();
                local.block_on(&runtime, async {
                    while let Some(task) = tasks.recv().await {
                        tokio::task::spawn_local(task());
                    }
                });
                drop(local);
                // Not `drop`: that would wait for a write to a terminal that never ends.
                runtime.shutdown_background();
                let _ = ending.send(());
            },
        )?;
        Ok(Self { spawn: Some(spawn), runtime: handle, thread: Some(thread), ended })
    }

    /// Runs a task on the thread. `make` is called there, so the task need not be `Send`.
    pub(crate) fn spawn<F: Future<Output = ()> + 'static>(&self, make: impl FnOnce() -> F + Send + 'static) {
        if let Some(spawn) = &self.spawn {
            // The thread ends only when this sender is dropped.
            let _ = spawn.send(Box::new(move || Box::pin(make())));
        }
    }

    /// Runs `f` where sockets and timers can be made.
    pub(crate) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        let _guard = self.runtime.enter();
        f()
    }

    /// Ends the thread; says whether it did so in time.
    pub(crate) fn stop(mut self, budget: Duration) -> bool {
        self.spawn = None;
        let deadline = Instant::now() + budget;
        let ended = self.ended.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok();
        if ended && let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        ended
    }
}
