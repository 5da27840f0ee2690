// SPDX-License-Identifier: Apache-2.0
//! The components of every pipeline with their states, as `/readyz?verbose` tells them.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde_json::{Map, Value as Json, json};
use tracecore_schema::Role;

use super::live::Live;
use super::status::{State, Status};

/// What one pipeline does with what one receiver reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The pipeline: `metrics/gpu`.
    pub pipeline: Arc<str>,
    /// The receiver.
    pub receiver: Arc<str>,
    /// Processors, in order.
    pub processors: Vec<Arc<str>>,
    /// Exporters.
    pub exporters: Vec<Arc<str>>,
}

/// A pipeline while its components are looked at.
struct Pipeline<'a> {
    id: &'a Arc<str>,
    components: Map<String, Json>,
    together: Option<State>,
}

/// The states of all pipelines and their components: `status`, `since`, `reason`, `components`.
pub(super) fn tree(live: &Live) -> Map<String, Json> {
    let routes = live.routes.load();
    let mut pipelines: Vec<Pipeline<'_>> = Vec::new();
    for route in routes.iter() {
        let at = pipelines.iter().position(|one| *one.id == route.pipeline).unwrap_or_else(|| {
            pipelines.push(Pipeline { id: &route.pipeline, components: Map::new(), together: None });
            pipelines.len() - 1
        });
        let pipeline = &mut pipelines[at];
        let all = std::iter::once((Role::Receiver, &route.receiver))
            .chain(route.processors.iter().map(|id| (Role::Processor, id)))
            .chain(route.exporters.iter().map(|id| (Role::Exporter, id)));
        for (role, id) in all {
            let Some(state) = live.states.get(role, id) else { continue };
            let key = format!("{}:{id}", role.name());
            pipeline.components.entry(key).or_insert_with(|| node(&state, None).into());
            worsen(&mut pipeline.together, &state);
        }
    }
    let mut together = None;
    let mut all = Map::new();
    for Pipeline { id, components, together: state } in pipelines {
        let Some(state) = state else { continue };
        worsen(&mut together, &state);
        all.insert(format!("pipeline:{id}"), node(&state, Some(components)).into());
    }
    // Nothing has been declared yet.
    let starting = || State {
        status: Status::Starting,
        reason: String::new(),
        since: SystemTime::now(),
        from: Instant::now(),
    };
    node(&together.unwrap_or_else(starting), Some(all))
}

/// Several are together as bad as the worst of them: in trouble since the first of those was,
/// and well (or at an end) only since the last of them is.
fn worsen(whole: &mut Option<State>, state: &State) {
    let worse =
        whole.as_ref().is_none_or(|whole| match state.status.severity().cmp(&whole.status.severity()) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal if matches!(state.status, Status::Ok | Status::Stopped) => {
                state.from > whole.from
            }
            Ordering::Equal => state.from < whole.from,
        });
    if worse {
        *whole = Some(State { reason: String::new(), ..*state });
    }
}

fn node(state: &State, components: Option<Map<String, Json>>) -> Map<String, Json> {
    let mut node = Map::new();
    node.insert("status".to_owned(), state.status.name().into());
    let since = humantime::format_rfc3339_millis(state.since).to_string();
    node.insert("since".to_owned(), since.into());
    if !state.reason.is_empty() {
        node.insert("reason".to_owned(), json!(state.reason));
    }
    if let Some(components) = components {
        node.insert("components".to_owned(), components.into());
    }
    node
}
