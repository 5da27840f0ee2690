// SPDX-License-Identifier: Apache-2.0
//! From a file without mistakes to its plan.

use tracecore_schema::{Literal, Role, Span};

use super::{Branch, Hole, Lane, Origin, Pipeline, Plan, Setting, Stage, Telemetry, hash, print};
use crate::Position;
use crate::across::Checked;
use crate::configure::{Configured, Telemetry as Block};
use crate::source::Text;

/// The plan of a file. `None` if some component has no config, which has been reported.
pub(crate) fn make(text: &Text, file: &Checked<'_, '_, '_>) -> Option<Plan> {
    let mut maker = Maker { text, file, holes: Vec::new() };
    let telemetry = maker.telemetry()?;
    let exporters = maker.stages(Role::Exporter)?;
    let processors = maker.stages(Role::Processor)?;
    let receivers = maker.stages(Role::Receiver)?;
    let lanes = receivers.into_iter().map(|(index, receiver)| maker.lane(index, receiver)).collect();
    let stages = |stages: Vec<(usize, Stage)>| stages.into_iter().map(|(_, stage)| stage).collect();
    let mut plan = Plan {
        name: text.stem.clone(),
        file: text.path.clone(),
        hash: String::new(),
        telemetry,
        exporters: stages(exporters),
        processors: stages(processors),
        lanes,
        pipelines: maker.pipelines(),
        holes: maker.holes,
    };
    plan.hash = hash::hash(&print::canonical(&plan));
    Some(plan)
}

struct Maker<'a, 'n, 'c> {
    text: &'a Text,
    file: &'a Checked<'a, 'n, 'c>,
    holes: Vec<Hole>,
}

impl Maker<'_, '_, '_> {
    fn position(&self, span: Span) -> Position {
        self.text.position(span.start)
    }

    fn telemetry(&mut self) -> Option<Option<Telemetry>> {
        let Block::On(place, configured) = self.file.telemetry else { return Some(None) };
        let (config, _) = configured.config.clone()?;
        self.holes("telemetry", None, "Config", configured);
        let settings = self.settings(configured);
        Some(Some(Telemetry { config, settings, place: self.position(*place) }))
    }

    /// The components of a role that run, with their places among all components.
    fn stages(&mut self, role: Role) -> Option<Vec<(usize, Stage)>> {
        let file = self.file;
        let used = file.resolved.of(role).filter(|(index, _)| file.resolved.used(*index));
        used.map(|(index, component)| {
            let configured = file.configured.get(index)?;
            let (config, rust_type) = configured.config.clone()?;
            let entry = component.entry?;
            let path = format!("{}.{}", role.section(), component.id);
            let first_hole = self.holes.len();
            self.holes(&path, Some(&entry.path), name_of(&config), configured);
            let stage = Stage {
                role,
                id: component.id.to_owned(),
                module: entry.path.clone(),
                rust_type,
                config,
                first_hole,
                settings: self.settings(configured),
                place: self.position(component.place),
            };
            Some((index, stage))
        })
        .collect()
    }

    fn holes(&mut self, component: &str, module: Option<&str>, config: &str, configured: &Configured) {
        for hole in &configured.holes {
            self.holes.push(Hole {
                component: component.to_owned(),
                module: module.map(ToOwned::to_owned),
                config: config.to_owned(),
                path: hole.path.clone(),
                template: hole.template.to_string(),
                place: self.position(hole.span),
            });
        }
    }

    fn settings(&self, configured: &Configured) -> Vec<Setting> {
        let settings = configured.settings.iter();
        settings
            .map(|setting| Setting {
                path: setting.path.clone(),
                value: setting.value.clone(),
                origin: match setting.origin {
                    tracecore_schema::Origin::File(span) => Origin::File(self.position(span)),
                    tracecore_schema::Origin::Hole(span) => Origin::Hole(self.position(span)),
                    tracecore_schema::Origin::Default => Origin::Default,
                },
            })
            .collect()
    }

    fn lane(&self, index: usize, receiver: Stage) -> Lane {
        let branches = self.file.resolved.pipelines_of(index).filter_map(|pipeline| {
            let named = pipeline.stage(Role::Receiver).iter().find(|named| named.component == index)?;
            Some(Branch {
                pipeline: pipeline.id.clone(),
                signal: pipeline.signal,
                processors: self.ids(pipeline, Role::Processor),
                exporters: self.ids(pipeline, Role::Exporter),
                place: self.position(named.place),
            })
        });
        Lane { receiver, branches: branches.collect() }
    }

    fn pipelines(&self) -> Vec<Pipeline> {
        let pipelines = self.file.resolved.pipelines.iter();
        pipelines
            .map(|pipeline| Pipeline {
                id: pipeline.id.clone(),
                signal: pipeline.signal,
                receivers: self.ids(pipeline, Role::Receiver),
                processors: self.ids(pipeline, Role::Processor),
                exporters: self.ids(pipeline, Role::Exporter),
                place: self.position(pipeline.place),
            })
            .collect()
    }

    fn ids(&self, pipeline: &crate::resolve::Pipeline, role: Role) -> Vec<String> {
        let components = &self.file.resolved.components;
        pipeline.stage(role).iter().map(|named| components[named.component].id.to_owned()).collect()
    }
}

/// The name of a config's type.
const fn name_of(config: &Literal) -> &'static str {
    match config {
        Literal::Struct { name, .. } => name,
        _ => "Config",
    }
}
