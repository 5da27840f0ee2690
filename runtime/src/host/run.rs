// SPDX-License-Identifier: Apache-2.0
//! The life of a collector: start in order, supervise, end in order (contract L1-L4).
//!
//! The main thread runs this and is the supervisor; signals and deaths come to it as events.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tracecore_schema::{Config as _, Role};

use super::guard::Guard;
use super::io::Io;
use super::supervisor::Supervisor;
use super::{Event, Holes, Host, Pipeline, RunError, RunOptions};
use crate::http::Tls;
use crate::surface::{Health, Surface};
use crate::telemetry::{Registry, Status};
use crate::{BuildInfo, Resource, Stop, StopTasks, stop_tasks};

/// How often lanes are looked after.
const WATCH: Duration = Duration::from_millis(100);
/// How long a lane may take to notice that it is to stop.
const LANES_STOP: Duration = Duration::from_millis(300);
/// How long exporters' tasks may take to end after the drain.
const EXPORTERS_STOP: Duration = Duration::from_millis(200);
/// How long the telemetry surface may take to end.
const SURFACE_STOP: Duration = Duration::from_millis(300);
/// A component whose first open takes longer no longer holds up readiness (contract H2).
const READY_AFTER: Duration = Duration::from_secs(5);

/// Runs a compiled pipeline until a signal ends it, or to the end of one round with
/// [`RunOptions::once`].
///
/// # Errors
///
/// The configuration does not fit this machine, something cannot be opened, or every exporter
/// has ended.
pub fn run(pipeline: &'static Pipeline, options: &RunOptions, build: BuildInfo) -> Result<(), RunError> {
    let io = start_io()?;
    let (sender, events) = mpsc::channel();
    // Before anything is opened: a signal during start-up is honoured as well.
    signals(&io, sender.clone(), options.drain + Duration::from_secs(2))
        .map_err(|error| RunError::Runtime(format!("cannot listen for signals: {error}")))?;
    start(pipeline, options, build, io, sender, events, true)?.wait()
}

/// A collector that runs, for whoever embeds one.
pub struct Collector {
    running: Running,
    stop_streams: StopTasks,
    stop_pages: StopTasks,
    surface: Option<StopTasks>,
    address: Option<SocketAddr>,
}

/// Ends a [`Collector`] from elsewhere.
#[derive(Clone, Debug)]
pub struct Stopper(mpsc::Sender<Event>);

impl Stopper {
    /// Asks the collector to end. Asking twice, or too late, does nothing.
    pub fn stop(&self) {
        let _ = self.0.send(Event::Stop("asked to"));
    }

    /// Asks the collector to read its certificates again, as SIGHUP does.
    pub fn reload(&self) {
        let _ = self.0.send(Event::Reload);
    }
}

impl Collector {
    /// Starts a compiled pipeline. Signals are left to the caller.
    ///
    /// # Errors
    ///
    /// The configuration does not fit this machine, or something cannot be opened.
    pub fn start(
        pipeline: &'static Pipeline,
        options: &RunOptions,
        build: BuildInfo,
    ) -> Result<Self, RunError> {
        let (sender, events) = mpsc::channel();
        start(pipeline, options, build, start_io()?, sender, events, false)
    }

    /// What ends it from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.running.host.events.clone())
    }

    /// Where its own telemetry is served; tells the port that the system chose.
    #[must_use]
    pub const fn telemetry_address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// What it says of itself.
    #[must_use]
    pub fn registry(&self) -> Registry {
        self.running.host.registry.clone()
    }

    /// Supervises it on this thread until it ends: lanes that hang are given up only while
    /// somebody is here.
    ///
    /// # Errors
    ///
    /// Every exporter has ended.
    pub fn wait(mut self) -> Result<(), RunError> {
        let outcome = self.running.supervise();
        self.running.end(&self.stop_streams, &self.stop_pages, self.surface);
        outcome
    }
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("host", &self.running.host).finish_non_exhaustive()
    }
}

fn start_io() -> Result<Io, RunError> {
    Io::start().map_err(|error| RunError::Runtime(format!("cannot start the I/O thread: {error}")))
}

fn start(
    pipeline: &'static Pipeline,
    options: &RunOptions,
    build: BuildInfo,
    io: Io,
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    signals: bool,
) -> Result<Collector, RunError> {
    let holes = Holes::filled(pipeline.holes).map_err(RunError::Config)?;
    let telemetry = (pipeline.telemetry)(&holes)?;
    if let Some(config) = &telemetry {
        check_telemetry(config)?;
    }
    let build = Arc::new(build);
    let resource = Arc::new(Resource::detect(&build));
    let registry = match &telemetry {
        Some(config) => Registry::new(&build, pipeline.hash, &resource, config.level),
        None => Registry::off(),
    };
    let health = Arc::new(Health::new());
    let served = match telemetry {
        Some(config) => {
            let ended = sender.clone();
            let on_exit = move |why: String| drop(ended.send(Event::SurfaceEnded(why)));
            Some(start_surface(&io, &config, &registry, &health, on_exit)?)
        }
        None => None,
    };
    let address = served.as_ref().and_then(|served| served.address);
    let (surface, tls) = served.map_or((None, None), |served| (Some(served.stop), served.tls));
    if signals && tls.is_some() {
        hangups(&io, sender.clone())
            .map_err(|error| RunError::Runtime(format!("cannot listen for SIGHUP: {error}")))?;
    }
    let (stop_streams, stopping) = stop_tasks();
    let (stop_pages, pages_stopping) = stop_tasks();
    let mut host = Host {
        build,
        resource,
        inventory: crate::Inventory::new(),
        registry,
        options: options.clone(),
        holes,
        io,
        stop: Stop::new(),
        stopping,
        pages_stopping,
        events: sender,
        exporters: 0,
        queues: Vec::new(),
        lanes: Vec::new(),
    };
    (pipeline.start)(&mut host)?;
    let lanes = std::mem::take(&mut host.lanes);
    let supervisor = Supervisor::start(lanes, options.stuck_after)
        .map_err(|error| RunError::Runtime(format!("cannot start a lane: {error}")))?;
    let guard = Guard::new(options.memory, host.registry.memory());
    let running = Running { host, supervisor, guard, events, health, tls, streams_ended: 0, pages_ended: 0 };
    Ok(Collector { running, stop_streams, stop_pages, surface, address })
}

/// Turns signals into events. The second one ends the process at once, and so does the first
/// one if nobody has acted on it after `force`.
fn signals(io: &Io, events: mpsc::Sender<Event>, force: Duration) -> std::io::Result<()> {
    let (mut interrupt, mut terminate) = io.enter(|| {
        Ok::<_, std::io::Error>((signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    })?;
    io.spawn(move || async move {
        let mut seen = false;
        loop {
            let waited = tokio::select! {
                _ = interrupt.recv() => Some(("SIGINT", 130)),
                _ = terminate.recv() => Some(("SIGTERM", 143)),
                () = tokio::time::sleep(force), if seen => None,
            };
            match waited {
                Some((name, code)) => {
                    if seen {
                        tracing::warn!("{name} again: ending at once");
                        std::process::exit(code);
                    }
                    seen = true;
                    let _ = events.send(Event::Stop(name));
                }
                None => {
                    tracing::error!("the collector did not end in time: ending at once");
                    std::process::exit(1);
                }
            }
        }
    });
    Ok(())
}

/// Turns SIGHUP into an event. Only where there are certificates to read again: without, a
/// terminal that is closed ends the process, as is usual.
fn hangups(io: &Io, events: mpsc::Sender<Event>) -> std::io::Result<()> {
    let mut hangup = io.enter(|| signal(SignalKind::hangup()))?;
    io.spawn(move || async move {
        while hangup.recv().await.is_some() {
            let _ = events.send(Event::Reload);
        }
    });
    Ok(())
}

/// Limits and rules of the telemetry block, with what start-up filled in.
fn check_telemetry(config: &tracecore_schema::telemetry::Config) -> Result<(), RunError> {
    let lines: Vec<_> = config
        .check()
        .iter()
        .map(|wrong| {
            format!("`{}`: {}", format!("telemetry.{}", wrong.path).trim_end_matches('.'), wrong.message)
        })
        .collect();
    if lines.is_empty() { Ok(()) } else { Err(RunError::Config(lines.join("\n"))) }
}

/// The telemetry surface while it is served.
struct Served {
    stop: StopTasks,
    tls: Option<Tls>,
    address: Option<SocketAddr>,
}

fn start_surface(
    io: &Io,
    config: &tracecore_schema::telemetry::Config,
    registry: &Registry,
    health: &Arc<Health>,
    on_exit: impl FnOnce(String) + Send + 'static,
) -> Result<Served, RunError> {
    let tls = Surface::certificates(config)
        .map_err(|error| RunError::Config(format!("`telemetry.tls`: {error}")))?;
    let surface = Surface::bind(config, tls.clone(), registry.clone(), Arc::clone(health))
        .map_err(|error| RunError::Runtime(format!("telemetry: {error}")))?;
    let (stop, stopping) = stop_tasks();
    let address = surface.address().ok();
    io.spawn(move || async move {
        if let Err(error) = surface.serve(stopping).await {
            on_exit(error.to_string());
        }
    });
    Ok(Served { stop, tls, address })
}

struct Running {
    host: Host,
    supervisor: Supervisor,
    guard: Guard,
    events: mpsc::Receiver<Event>,
    health: Arc<Health>,
    tls: Option<Tls>,
    streams_ended: usize,
    pages_ended: usize,
}

impl Running {
    /// Looks after lanes until something ends the run.
    fn supervise(&mut self) -> Result<(), RunError> {
        let start = Instant::now();
        let mut ready = false;
        loop {
            self.health.beat();
            self.host.registry.sample();
            self.supervisor.watch();
            self.guard.look(&self.host.queues);
            if !ready && (self.supervisor.opened() || start.elapsed() >= READY_AFTER) {
                ready = true;
                self.health.ready();
                tracing::info!(
                    millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
                    "ready"
                );
            }
            if self.host.options.once && self.supervisor.round_done() {
                return Ok(());
            }
            // Until it is ready, a lane's first open is worth a closer look.
            let wait = if ready && !self.host.options.once { WATCH } else { Duration::from_millis(2) };
            match self.events.recv_timeout(wait) {
                Ok(Event::Stop(name)) => {
                    tracing::info!("{name}: stopping");
                    return Ok(());
                }
                Ok(Event::ExporterEnded { page, closed }) => {
                    self.ended(page);
                    if closed && self.host.exporters == 1 {
                        // Whoever read our output has seen enough.
                        return Ok(());
                    }
                    if self.streams_ended + self.pages_ended == self.host.exporters {
                        return Err(RunError::Runtime("every exporter has ended".to_owned()));
                    }
                }
                Ok(Event::Reload) => self.reload(),
                Ok(Event::SurfaceEnded(why)) => {
                    tracing::error!("the telemetry listener died: {why}");
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(RunError::Runtime("the I/O thread has ended".to_owned()));
                }
            }
        }
    }

    /// Reads certificates again. Here and not on the I/O thread, which must not wait for files.
    fn reload(&self) {
        match self.tls.as_ref().map(Tls::reload) {
            None => {}
            Some(Ok(())) => tracing::info!("the certificates of the telemetry surface were read again"),
            Some(Err(error)) => tracing::error!(
                "the certificates of the telemetry surface stay as they were, the new ones are of no use: {error}"
            ),
        }
    }

    /// Receivers stop, queues drain, exporters end, the surface ends.
    fn end(mut self, stop_streams: &StopTasks, stop_pages: &StopTasks, surface: Option<StopTasks>) {
        self.health.draining();
        let registry = self.host.registry.clone();
        for role in Role::ALL {
            registry.all_become(role, Status::Stopping);
        }
        let streams = self.host.queues.len();
        let pages = self.host.exporters - streams;
        if self.host.options.once {
            // A page shows its lanes' one round before they take it with them.
            stop_pages.set();
            self.wait_for(0, pages, EXPORTERS_STOP);
        }
        // A lane that waits for room must not hold up the end.
        for queue in &self.host.queues {
            queue.hurry();
        }
        self.host.stop.set();
        let stuck = self.supervisor.join(LANES_STOP);
        if !stuck.is_empty() {
            tracing::warn!("left behind in a call that has not returned: {}", stuck.join(", "));
        }
        registry.all_become(Role::Processor, Status::Stopped);
        for queue in &self.host.queues {
            queue.close();
        }
        self.wait_for(streams, 0, self.host.options.drain);
        stop_streams.set();
        stop_pages.set();
        self.wait_for(streams, pages, EXPORTERS_STOP);
        self.health.stopping();
        if let Err(why) = self.host.registry.shutdown() {
            tracing::error!("telemetry did not shut down cleanly: {why}");
        }
        if let Some(stop) = surface {
            stop.set();
        }
        if !self.host.io.stop(SURFACE_STOP) {
            tracing::warn!("the I/O thread did not end in time");
        }
    }

    const fn ended(&mut self, page: bool) {
        if page {
            self.pages_ended += 1;
        } else {
            self.streams_ended += 1;
        }
    }

    /// Waits until so many exporters of each shape have ended.
    fn wait_for(&mut self, streams: usize, pages: usize, budget: Duration) {
        let deadline = Instant::now() + budget;
        while self.streams_ended < streams || self.pages_ended < pages {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::ExporterEnded { page, .. }) => self.ended(page),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}
