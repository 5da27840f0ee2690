// SPDX-License-Identifier: Apache-2.0
//! A plan as a picture: a Mermaid flowchart, which code hosts draw in Markdown.

use std::fmt::Write as _;

use crate::plan::Plan;

/// The flowchart. A component that several pipelines name stands outside of them, once.
#[must_use]
pub fn graph(plan: &Plan) -> String {
    let mut out = String::from("flowchart LR\n");
    // Writing to a `String` cannot fail.
    for lane in &plan.lanes {
        let _ = writeln!(out, "    {}([\"{}\"])", node(plan, &lane.receiver.id, "r"), lane.receiver.id);
    }
    for exporter in &plan.exporters {
        let _ = writeln!(out, "    {}[/\"{}\"/]", node(plan, &exporter.id, "e"), exporter.id);
    }
    for (index, pipeline) in plan.pipelines.iter().enumerate() {
        let _ = writeln!(out, "    subgraph p{index}[\"{}\"]", pipeline.id);
        let _ = writeln!(out, "        direction LR");
        // A pipeline without processors is still a place through which data passes.
        let steps: Vec<_> = match pipeline.processors.as_slice() {
            [] => vec![(format!("p{index}_all"), pipeline.signal.name().to_owned())],
            some => some.iter().enumerate().map(|(at, id)| (format!("p{index}_{at}"), id.clone())).collect(),
        };
        for (name, label) in &steps {
            let _ = writeln!(out, "        {name}[\"{label}\"]");
        }
        for pair in steps.windows(2) {
            let _ = writeln!(out, "        {} --> {}", pair[0].0, pair[1].0);
        }
        let _ = writeln!(out, "    end");
        let (Some((first, _)), Some((last, _))) = (steps.first(), steps.last()) else { continue };
        for receiver in &pipeline.receivers {
            let _ = writeln!(out, "    {} --> {first}", node(plan, receiver, "r"));
        }
        for exporter in &pipeline.exporters {
            let _ = writeln!(out, "    {last} --> {}", node(plan, exporter, "e"));
        }
    }
    out
}

/// A name that Mermaid takes for any id.
fn node(plan: &Plan, id: &str, role: &str) -> String {
    let mut ids: Box<dyn Iterator<Item = &str>> = match role {
        "r" => Box::new(plan.lanes.iter().map(|lane| lane.receiver.id.as_str())),
        _ => Box::new(plan.exporters.iter().map(|stage| stage.id.as_str())),
    };
    format!("{role}{}", ids.position(|known| known == id).unwrap_or(0))
}
