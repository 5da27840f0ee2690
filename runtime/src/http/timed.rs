// SPDX-License-Identifier: Apache-2.0
//! A connection that ends when its client is too slow. hyper's own time-out for headers runs
//! between two requests as well, so that a scrape each 5 s would meet a connection being closed;
//! here a head has its time from its first byte on, and waiting for one has another.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep};

use super::Limits;

/// Set by the service when a head is complete, taken by the connection when it writes.
pub(super) type HeadComplete = Arc<AtomicBool>;

/// Where the connection is between two requests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of the next request has come.
    Idle,
    /// Some of its head has.
    Head,
}

pub(super) struct Timed<S> {
    io: TokioIo<S>,
    phase: Phase,
    head_complete: HeadComplete,
    header: Duration,
    idle: Duration,
    write: Duration,
    reading: Pin<Box<Sleep>>,
    writing: Pin<Box<Sleep>>,
}

impl<S> Timed<S> {
    pub(super) fn new(stream: S, limits: &Limits) -> Self {
        Self {
            io: TokioIo::new(stream),
            // A client that connects is expected to say something.
            phase: Phase::Head,
            head_complete: HeadComplete::default(),
            header: limits.header_timeout,
            idle: limits.idle_timeout,
            write: limits.write_timeout,
            reading: Box::pin(sleep(limits.header_timeout)),
            writing: Box::pin(sleep(limits.write_timeout)),
        }
    }

    pub(super) fn head_complete(&self) -> HeadComplete {
        Arc::clone(&self.head_complete)
    }

    fn progress<T>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let now = Instant::now();
        if self.head_complete.swap(false, Ordering::Relaxed) {
            // The first of an answer: the whole of it has its time from here on, so that taking
            // a byte now and then is not enough.
            self.writing.as_mut().reset(now + self.write);
            self.phase = Phase::Idle;
        }
        if write.is_pending() {
            return self.writing.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        if self.phase == Phase::Idle {
            self.reading.as_mut().reset(now + self.idle);
            // hyper may not read again before something happens; the end of the time to idle
            // is to be something. It is `poll_read` that ends the connection then.
            let _ = self.reading.as_mut().poll(cx);
        }
        write
    }
}

impl<S: AsyncRead + Unpin> Read for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if self.head_complete.load(Ordering::Relaxed) {
            // The request is with its handler, which has a limit of its own.
            return read;
        }
        match read {
            Poll::Ready(_) => {
                if self.phase == Phase::Idle {
                    self.phase = Phase::Head;
                    let deadline = Instant::now() + self.header;
                    self.reading.as_mut().reset(deadline);
                }
                read
            }
            Poll::Pending => self.reading.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.io).poll_write(cx, buf);
        self.progress(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.progress(cx, write)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
