// SPDX-License-Identifier: Apache-2.0
//! Lanes being put together: a receiver, then a branch per pipeline that names it.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use tracecore_schema::{Config, Role};

use super::{Host, LaneSpec, RunError};
use crate::component::Processes;
use crate::host::exporter::Encoding;
use crate::lane::{Branch, Branches, Chain, Encoders, LaneContext, Watched, run};
use crate::signal::{Has, Logs, Metrics, Output, Signal};
use crate::telemetry::declared::PIPELINE_EDGE_ITEMS;
use crate::telemetry::{Edge, ProcessorTelemetry, ReceiverTelemetry, Route, Status};
use crate::{ErrorKind, LaneInfo, Processor, Receiver};

/// A declared processor: each branch opens its own instance from it.
#[derive(Debug)]
pub struct ProcessorHandle<P: Processor> {
    id: &'static str,
    config: Arc<P::Config>,
    telemetry: Arc<ProcessorTelemetry>,
}

impl<P: Processor> Clone for ProcessorHandle<P> {
    fn clone(&self) -> Self {
        Self { id: self.id, config: Arc::clone(&self.config), telemetry: Arc::clone(&self.telemetry) }
    }
}

impl<P: Processor> ProcessorHandle<P> {
    fn open(&self) -> Result<P, String> {
        P::open(&self.config).map_err(|fault| format!("processor `{}`: {fault}", self.id))
    }
}

type MakeChain<C> = Box<dyn Fn() -> Result<C, String> + Send + Sync>;
type MakeEncoders<E> = Box<dyn Fn(&LaneInfo, &[Arc<Edge>]) -> E + Send + Sync>;

/// A tuple of references to the handles of processors that process `S`.
pub trait Processors<S: Signal> {
    /// The tuple of instances.
    type Chain: Chain<S>;
    /// What opens them.
    fn maker(&self) -> MakeChain<Self::Chain>;
    /// Their telemetry, in order.
    fn telemetry(&self) -> Vec<Arc<ProcessorTelemetry>>;
}

/// A tuple of references to the handles of exporters that take `S`.
pub trait Exporters<S: Signal> {
    /// The tuple of encoders.
    type Encoders: Encoders<S>;
    /// What makes them.
    fn maker(&self) -> MakeEncoders<Self::Encoders>;
    /// Their ids, in order.
    fn ids(&self) -> Vec<Arc<str>>;
}

macro_rules! tuples {
    ($($name:ident . $at:tt),*) => {
        impl<Sig: Signal, $($name: Processes<Sig>),*> Processors<Sig> for ($(&ProcessorHandle<$name>,)*) {
            type Chain = ($($name,)*);

            #[allow(clippy::unused_unit, reason = "the empty tuple")]
            fn maker(&self) -> MakeChain<Self::Chain> {
                let handles = ($(self.$at.clone(),)*);
                Box::new(move || {
                    let _ = &handles;
                    Ok(($(handles.$at.open()?,)*))
                })
            }

            fn telemetry(&self) -> Vec<Arc<ProcessorTelemetry>> {
                vec![$(Arc::clone(&self.$at.telemetry)),*]
            }
        }

        impl<Sig: Signal, $($name: Encoding<Sig>),*> Exporters<Sig> for ($(&$name,)*)
        where
            ($(Watched<$name::Encoder>,)*): Encoders<Sig>,
        {
            type Encoders = ($(Watched<$name::Encoder>,)*);

            #[allow(clippy::unused_unit, unused_variables, reason = "the empty tuple")]
            fn maker(&self) -> MakeEncoders<Self::Encoders> {
                let handles = ($(self.$at.clone(),)*);
                Box::new(move |lane, edges| {
                    let _ = &handles;
                    ($(Watched::new(handles.$at.encoder(lane), edges.get($at).cloned()),)*)
                })
            }

            fn ids(&self) -> Vec<Arc<str>> {
                vec![$(Arc::clone(self.$at.id())),*]
            }
        }
    };
}

tuples!();
tuples!(A.0);
tuples!(A.0, B.1);
tuples!(A.0, B.1, C.2);
tuples!(A.0, B.1, C.2, D.3);
tuples!(A.0, B.1, C.2, D.3, E.4);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5, G.6);
tuples!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7);

/// What makes the branches of a lane, each time its receiver is opened.
pub trait MakeBranches<O>: Send + Sync + 'static {
    /// The branches.
    type Branches: Branches<O>;

    /// Makes them.
    ///
    /// # Errors
    ///
    /// A processor cannot be put to work.
    fn make(&self) -> Result<Self::Branches, String>;
}

impl<O: Output> MakeBranches<O> for () {
    type Branches = ();

    fn make(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What makes one branch that carries `S`.
pub struct MakeBranch<S, C, E> {
    signal: PhantomData<fn(S)>,
    info: LaneInfo,
    chain: MakeChain<C>,
    encoders: MakeEncoders<E>,
    telemetry: Vec<Arc<ProcessorTelemetry>>,
    /// To each processor and to each exporter, at level `detailed`.
    edges: (Vec<Arc<Edge>>, Vec<Arc<Edge>>),
}

impl<O, S, C, E> MakeBranches<O> for MakeBranch<S, C, E>
where
    S: Signal,
    C: Chain<S>,
    E: Encoders<S>,
    Branch<S, C, E>: Branches<O>,
{
    type Branches = Branch<S, C, E>;

    fn make(&self) -> Result<Self::Branches, String> {
        let (to_processors, to_exporters) = &self.edges;
        let encoders = (self.encoders)(&self.info, to_exporters);
        let branch = Branch::new(self.info.clone(), (self.chain)()?, encoders, self.telemetry.clone());
        Ok(branch.counting(to_processors))
    }
}

impl<O: Output, A: MakeBranches<O>, B: MakeBranches<O>> MakeBranches<O> for (A, B) {
    type Branches = (A::Branches, B::Branches);

    fn make(&self) -> Result<Self::Branches, String> {
        Ok((self.0.make()?, self.1.make()?))
    }
}

/// A lane with one branch more, which carries `S`.
pub type LaneWith<'h, R, M, S, P, E> =
    LaneBuilder<'h, R, (M, MakeBranch<S, <P as Processors<S>>::Chain, <E as Exporters<S>>::Encoders>)>;

/// A lane that is being put together.
#[must_use = "a lane runs only after `start`"]
pub struct LaneBuilder<'h, R: Receiver, M> {
    host: &'h mut Host,
    id: &'static str,
    config: R::Config,
    make: M,
}

impl Host {
    /// Declares a processor.
    ///
    /// # Errors
    ///
    /// Its config breaks a limit or rule, or cannot be put to work on this machine (a secret that
    /// cannot be read, say).
    pub fn processor<P: Processor>(
        &mut self,
        id: &'static str,
        config: P::Config,
    ) -> Result<ProcessorHandle<P>, RunError> {
        super::check("processors", id, &config.check())?;
        // A trial: lanes open instances of their own, when a mistake could only be logged.
        P::open(&config).map_err(|fault| RunError::Config(format!("`processors.{id}`: {fault}")))?;
        let telemetry = ProcessorTelemetry::new(id.into());
        self.registry.add_processor(&telemetry);
        self.registry.reporter(Role::Processor, telemetry.id()).report(Status::Ok, "");
        Ok(ProcessorHandle { id, config: Arc::new(config), telemetry })
    }

    /// The edges of a route, to each processor and to each exporter, if the level shows them.
    fn edges(&self, route: &Route) -> (Vec<Arc<Edge>>, Vec<Arc<Edge>>) {
        if self.registry.level() < PIPELINE_EDGE_ITEMS.level {
            return (Vec::new(), Vec::new());
        }
        let edge = |from: &Arc<str>, to: &Arc<str>| self.registry.edge(&route.pipeline, from, to);
        let chain: Vec<_> = std::iter::once(&route.receiver).chain(&route.processors).collect();
        let last = chain.last().copied().unwrap_or(&route.receiver);
        let processors = chain.iter().zip(&route.processors).map(|(from, to)| edge(from, to)).collect();
        (processors, route.exporters.iter().map(|to| edge(last, to)).collect())
    }

    /// Begins a lane.
    ///
    /// # Errors
    ///
    /// The config breaks a limit or rule.
    pub fn receiver<R>(
        &mut self,
        id: &'static str,
        config: R::Config,
    ) -> Result<LaneBuilder<'_, R, ()>, RunError>
    where
        R: Receiver,
    {
        super::check("receivers", id, &config.check())?;
        Ok(LaneBuilder { host: self, id, config, make: () })
    }
}

impl<'h, R, M> LaneBuilder<'h, R, M>
where
    R: Receiver,
    M: MakeBranches<R::Out>,
{
    /// Adds what a pipeline does with the metrics that the receiver reads.
    pub fn metrics<P, E>(
        self,
        pipeline: &'static str,
        processors: P,
        exporters: E,
    ) -> LaneWith<'h, R, M, Metrics, P, E>
    where
        R::Out: Has<Metrics>,
        P: Processors<Metrics>,
        E: Exporters<Metrics>,
    {
        self.branch(pipeline, processors, exporters)
    }

    /// Adds what a pipeline does with the log records that the receiver reads.
    pub fn logs<P, E>(
        self,
        pipeline: &'static str,
        processors: P,
        exporters: E,
    ) -> LaneWith<'h, R, M, Logs, P, E>
    where
        R::Out: Has<Logs>,
        P: Processors<Logs>,
        E: Exporters<Logs>,
    {
        self.branch(pipeline, processors, exporters)
    }

    /// Adds what one pipeline does with what the receiver reads.
    #[allow(clippy::needless_pass_by_value, reason = "generated code gives tuples of references")]
    fn branch<S: Signal, P: Processors<S>, E: Exporters<S>>(
        self,
        pipeline: &'static str,
        processors: P,
        exporters: E,
    ) -> LaneWith<'h, R, M, S, P, E> {
        let info = LaneInfo {
            receiver: self.id.into(),
            pipeline: pipeline.into(),
            interval: R::pace(&self.config).interval,
            resource: Arc::clone(&self.host.resource),
        };
        let route = Route {
            pipeline: Arc::clone(&info.pipeline),
            receiver: Arc::clone(&info.receiver),
            processors: processors.telemetry().iter().map(|one| Arc::clone(one.id())).collect(),
            exporters: exporters.ids(),
        };
        let edges = self.host.edges(&route);
        self.host.registry.add_route(route);
        let branch = MakeBranch {
            signal: PhantomData,
            edges,
            info,
            chain: processors.maker(),
            encoders: exporters.maker(),
            telemetry: processors.telemetry(),
        };
        LaneBuilder { host: self.host, id: self.id, config: self.config, make: (self.make, branch) }
    }

    /// Puts the lane with those that are started together, once everything is declared.
    ///
    /// # Errors
    ///
    /// None today; kept so that a lane can be refused without a change of generated code.
    pub fn start(self) -> Result<(), RunError> {
        let settings = self.host.settings(Role::Receiver, self.id);
        let telemetry =
            ReceiverTelemetry::new(Arc::clone(&settings.id), <R::Kind as ErrorKind>::NAMES, false);
        self.host.registry.add_receiver(&telemetry);
        let status = self.host.registry.reporter(Role::Receiver, &settings.id);
        status.report(Status::Starting, "");
        let context = LaneContext::<R> {
            config: self.config,
            settings,
            telemetry: Arc::clone(&telemetry),
            status: status.clone(),
            stop: self.host.stop.clone(),
            once: self.host.options.once,
            told: Mutex::new(String::new()),
        };
        let make = self.make;
        self.host.lanes.push(LaneSpec {
            id: self.id,
            telemetry,
            status,
            run: Arc::new(move |beat| run::<R, M::Branches>(&context, beat, &|| make.make())),
        });
        Ok(())
    }
}
