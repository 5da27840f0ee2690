// SPDX-License-Identifier: Apache-2.0
//! Attempts that are under way at once. All of them are polled by the one task that delivers:
//! there are a few, and nothing else of the task runs meanwhile.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::lane::panic_text;
use crate::queue::FrameBatch;
use crate::{Delivered, Failure, Stream};

/// What became of an attempt; the text is a panic's.
pub(super) type Outcome<E> = Result<Result<Delivered, Failure<E>>, String>;

type Delivering<'e, E> = Pin<Box<dyn Future<Output = Outcome<E>> + 'e>>;

struct Attempt<'e, E: Stream> {
    batch: Rc<FrameBatch>,
    began: Instant,
    delivering: Delivering<'e, E>,
}

/// An attempt that has ended.
pub(super) struct Ended<E: Stream> {
    pub(super) batch: FrameBatch,
    pub(super) began: Instant,
    pub(super) outcome: Outcome<E>,
}

pub(super) struct Attempts<'e, E: Stream> {
    exporter: &'e E,
    under_way: Vec<Attempt<'e, E>>,
}

impl<'e, E: Stream> Attempts<'e, E> {
    pub(super) const fn new(exporter: &'e E) -> Self {
        Self { exporter, under_way: Vec::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.under_way.len()
    }

    /// Begins one.
    pub(super) fn begin(&mut self, batch: FrameBatch, began: Instant) {
        let (exporter, batch) = (self.exporter, Rc::new(batch));
        let lent = Rc::clone(&batch);
        let delivering = Box::pin(async move { unpanicked(exporter.deliver(&lent)).await });
        self.under_way.push(Attempt { batch, began, delivering });
    }

    /// The next one that ends; never if there is none.
    pub(super) async fn next(&mut self) -> Ended<E> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended<E>> {
        let mut place = 0;
        while let Some(attempt) = self.under_way.get_mut(place) {
            let Poll::Ready(outcome) = attempt.delivering.as_mut().poll(cx) else {
                place += 1;
                continue;
            };
            let Attempt { batch, began, delivering } = self.under_way.swap_remove(place);
            drop(delivering);
            if let Some(batch) = Rc::into_inner(batch) {
                return Poll::Ready(Ended { batch, began, outcome });
            }
        }
        Poll::Pending
    }

    /// Cuts off what is under way, and gives it back.
    pub(super) fn cut_off(&mut self) -> impl Iterator<Item = FrameBatch> {
        self.under_way.drain(..).filter_map(|Attempt { batch, delivering, .. }| {
            drop(delivering);
            // Only the future that is gone now had it as well.
            Rc::into_inner(batch)
        })
    }
}

/// Drives a future; a panic in it ends it with the panic's text.
pub(in crate::host) async fn unpanicked<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(panic_text(&*panic).to_owned())),
    })
    .await
}
