// SPDX-License-Identifier: Apache-2.0
//! Exporters on the I/O thread: the two shapes, and what each gives to a branch.

use std::marker::PhantomData;
use std::sync::Arc;

use tracecore_schema::{Config, Declaration, Role};

use super::deliver::{Plan, Voice, deliver, unpanicked};
use super::{Host, RunError};
use crate::component::Encodes;
use crate::page::{Page as PageState, PageEncoder};
use crate::private::{Exports, PageMode, StreamMode};
use crate::queue::{self, Frames};
use crate::signal::{Encode, Metrics, Signal};
use crate::telemetry::{ExporterTelemetry, Status};
use crate::{Declared, ErrorKind, LaneInfo, Open, Page, Probe, Settings, Stream};

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
        let delivery = E::delivery(&config);
        let plan = Plan::new(&delivery, host.options.drain);
        let content = format!("{} {}", <E::Config as Declaration>::KIND, delivery.encoding);
        let (frames, receiver) =
            queue::open(&delivery.queue, content.trim_end(), plan.in_flight(), &settings.logger)?;
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
        let voice = Voice::new(telemetry, status, settings.logger.clone());
        host.queues.push(receiver.closer());
        let stop = host.stopping.clone();
        host.io.spawn(move || async move {
            let closed = deliver(&exporter, receiver, &plan, voice, stop).await;
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
