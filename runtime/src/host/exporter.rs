// SPDX-License-Identifier: Apache-2.0
//! Exporters on the I/O thread: the two shapes, and what each gives to a branch.

use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tracecore_schema::{Config, Role};

use super::{Host, RunError};
use crate::component::Encodes;
use crate::lane::panic_text;
use crate::page::{Page as PageState, PageEncoder};
use crate::private::{Exports, PageMode, StreamMode};
use crate::queue::{FrameBatch, FrameReceiver, Frames, queue};
use crate::signal::{Encode, Metrics, Signal};
use crate::telemetry::{ExporterTelemetry, ItemOutcome, Reporter, Status};
use crate::{Declared, ErrorKind, LaneInfo, Logger, Open, Page, Probe, Settings, Stopping, Stream};

/// Bytes that may wait for one exporter.
const QUEUE_BYTES: usize = 8 << 20;

/// How an exporter of a shape is opened.
pub trait Mode<E: Declared> {
    /// What branches are given.
    type Handle: Handle;

    /// Opens the exporter and starts its task.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    fn open(host: &mut Host, settings: &Settings, config: E::Config) -> Result<Self::Handle, String>;
}

/// What stands for an open exporter.
pub trait Handle: Clone + Send + Sync + 'static {
    /// The exporter's id.
    fn id(&self) -> &Arc<str>;
}

/// What a branch that carries `S` asks of an exporter's handle.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take `{S}`",
    note = "pages show metrics; a stream takes the signals for which it implements `Encodes`"
)]
pub trait Encoding<S: Signal>: Handle {
    /// The encoder of one branch.
    type Encoder: Encode<S>;

    /// Makes one.
    fn encoder(&self, lane: &LaneInfo) -> Self::Encoder;
}

/// The handle of a stream exporter.
pub struct StreamHandle<E: Stream> {
    id: Arc<str>,
    config: Arc<E::Config>,
    frames: Frames,
}

impl<E: Stream> Clone for StreamHandle<E> {
    fn clone(&self) -> Self {
        Self { id: Arc::clone(&self.id), config: Arc::clone(&self.config), frames: self.frames.clone() }
    }
}

impl<E: Stream> Handle for StreamHandle<E> {
    fn id(&self) -> &Arc<str> {
        &self.id
    }
}

impl<S: Signal, E: Encodes<S>> Encoding<S> for StreamHandle<E> {
    type Encoder = E::Encoder;

    fn encoder(&self, lane: &LaneInfo) -> E::Encoder {
        E::encoder(&self.config, self.frames.clone().carrying(S::KIND), lane)
    }
}

/// The handle of a page exporter.
pub struct PageHandle<E: Page> {
    id: Arc<str>,
    page: PageState<E::Format>,
    exporter: PhantomData<fn(E)>,
}

impl<E: Page> Clone for PageHandle<E> {
    fn clone(&self) -> Self {
        Self { id: Arc::clone(&self.id), page: self.page.clone(), exporter: PhantomData }
    }
}

impl<E: Page> Handle for PageHandle<E> {
    fn id(&self) -> &Arc<str> {
        &self.id
    }
}

impl<E: Page> Encoding<Metrics> for PageHandle<E> {
    type Encoder = PageEncoder<E::Format>;

    fn encoder(&self, lane: &LaneInfo) -> Self::Encoder {
        self.page.encoder(lane)
    }
}

impl<E: Stream + Exports> Mode<E> for StreamMode<E> {
    type Handle = StreamHandle<E>;

    fn open(host: &mut Host, settings: &Settings, config: E::Config) -> Result<Self::Handle, String> {
        let telemetry = ExporterTelemetry::new(Arc::clone(&settings.id), <E::Kind as ErrorKind>::NAMES);
        let (frames, receiver) = queue(QUEUE_BYTES);
        telemetry.queue(frames.clone());
        host.registry.add_exporter(&telemetry);
        let status = host.registry.reporter(Role::Exporter, &settings.id);
        status.report(Status::Starting, "");
        let id = Arc::clone(&settings.id);
        let handle = StreamHandle { id, config: Arc::new(config.clone()), frames };
        let exporter = host.io.enter(|| E::open(config, &mut Open::new(settings, &[], Probe::new())));
        let exporter = exporter.map_err(|fault| {
            telemetry.call_failed(<E::Kind as ErrorKind>::INIT.index());
            fault.to_string()
        })?;
        status.report(Status::Ok, "");
        let ending = host.ending();
        let logger = settings.logger.clone();
        host.queues.push(receiver.closer());
        let stop = host.stopping.clone();
        host.io.spawn(move || async move {
            let closed = deliver(exporter, receiver, &telemetry, &status, &logger, stop).await;
            ending.exporter_ended(false, closed);
        });
        Ok(handle)
    }
}

impl<E: Page + Exports> Mode<E> for PageMode<E> {
    type Handle = PageHandle<E>;

    fn open(host: &mut Host, settings: &Settings, config: E::Config) -> Result<Self::Handle, String> {
        let telemetry = ExporterTelemetry::new(Arc::clone(&settings.id), <E::Kind as ErrorKind>::NAMES);
        host.registry.add_exporter(&telemetry);
        let status = host.registry.reporter(Role::Exporter, &settings.id);
        status.report(Status::Starting, "");
        let page = PageState::new(E::format(&config));
        let reader = page.reader();
        let exporter = host.io.enter(|| {
            let mut open = Open::new(settings, &[], Probe::new()).with_calls(Arc::clone(&telemetry));
            E::open(config, reader, &mut open)
        });
        let exporter = exporter.map_err(|fault| {
            telemetry.call_failed(<E::Kind as ErrorKind>::INIT.index());
            fault.to_string()
        })?;
        status.report(Status::Ok, "");
        let stop = host.pages_stopping.clone();
        let ending = host.ending();
        let logger = settings.logger.clone();
        host.io.spawn(move || async move {
            let result = unpanicked(exporter.serve(stop)).await;
            let fault = match result {
                Ok(Ok(())) => None,
                Ok(Err(fault)) => Some((fault.kind(), fault.to_string(), fault.is_closed())),
                Err(panic) => Some((<E::Kind as ErrorKind>::INIT, format!("panicked: {panic}"), false)),
            };
            match &fault {
                None => status.report(Status::Stopped, ""),
                Some((kind, why, closed)) => {
                    telemetry.call_failed(kind.index());
                    status.report(Status::PermanentError, why);
                    if !closed {
                        logger.error(&format!("the exporter has ended: {why}"));
                    }
                }
            }
            ending.exporter_ended(true, fault.is_some_and(|(_, _, closed)| closed));
        });
        Ok(PageHandle { id: Arc::clone(&settings.id), page, exporter: PhantomData })
    }
}

/// Delivers frames until the queue is closed and empty, the reader is gone, or the drain budget
/// is spent. Every item that was accepted ends in exactly one outcome. Says whether the reader
/// is gone.
async fn deliver<E: Stream>(
    exporter: E,
    mut frames: FrameReceiver,
    telemetry: &ExporterTelemetry,
    status: &Reporter,
    logger: &Logger,
    mut stop: Stopping,
) -> bool {
    let mut failing = false;
    loop {
        let frame = tokio::select! {
            frame = frames.next() => frame,
            () = stop.stopped() => None,
        };
        let Some(frame) = frame else { break };
        telemetry.delivering(&frame);
        let batch = FrameBatch::of(frame);
        let result = tokio::select! {
            result = unpanicked(exporter.deliver(&batch)) => result,
            () = stop.stopped() => {
                telemetry.items(ItemOutcome::LostInterrupted, batch.items());
                telemetry.in_flight(0);
                break;
            }
        };
        let failure = match result {
            Ok(Ok(_)) => None,
            Ok(Err(fault)) => Some((fault.kind().index(), fault.to_string(), fault.is_closed())),
            Err(panic) => Some((panic_kind::<E>(), format!("the exporter panicked: {panic}"), false)),
        };
        telemetry.in_flight(0);
        match failure {
            None => {
                telemetry.call_ok();
                telemetry.items(ItemOutcome::Delivered, batch.items());
                if std::mem::take(&mut failing) {
                    status.report(Status::Ok, "");
                    logger.info("recovered");
                }
            }
            Some((kind, why, closed)) => {
                telemetry.call_failed(kind);
                telemetry.items(ItemOutcome::DroppedRetries, batch.items());
                if closed {
                    status.report(Status::PermanentError, &why);
                    telemetry.items(ItemOutcome::DroppedShutdown, frames.close_and_discard());
                    return true;
                }
                // The first failure after a success is told; then quiet until the next recovery.
                if !std::mem::replace(&mut failing, true) {
                    status.report(Status::RecoverableError, &why);
                    logger.warn(&why);
                }
            }
        }
        batch.into_frames().into_iter().for_each(|frame| frames.recycle(frame));
    }
    let left = frames.close_and_discard();
    if left > 0 {
        telemetry.items(ItemOutcome::DroppedShutdown, left);
        logger.error(&format!("{left} items not delivered within the drain budget; dropped"));
    }
    status.report(Status::Stopped, "");
    false
}

fn panic_kind<E: Stream>() -> usize {
    let names = <E::Kind as ErrorKind>::NAMES;
    names.iter().position(|name| *name == "panic").unwrap_or_else(|| <E::Kind as ErrorKind>::INIT.index())
}

/// Drives a future; a panic in it ends it with the panic's text.
async fn unpanicked<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panic) => Poll::Ready(Err(panic_text(&*panic).to_owned())),
    })
    .await
}

impl Host {
    /// Opens an exporter.
    ///
    /// # Errors
    ///
    /// Its config breaks a limit or rule, or it cannot be opened.
    pub fn exporter<E: Exports>(
        &mut self,
        id: &'static str,
        config: E::Config,
    ) -> Result<<E::Mode as Mode<E>>::Handle, RunError>
    where
        E::Mode: Mode<E>,
    {
        super::check("exporters", id, &config.check())?;
        let settings = self.settings(Role::Exporter, id);
        <E::Mode as Mode<E>>::open(self, &settings, config)
            .map_err(|why| RunError::Runtime(format!("exporter `{id}`: {why}")))
    }
}
