// SPDX-License-Identifier: Apache-2.0
//! What an operator may write.

use tracecore_schema::{Glob, Pattern};

/// Keeps some series and drops the others, by metric name and by attribute.
#[derive(Clone, Debug, tracecore_schema::Config)]
#[config(processor = "filter", signal = metrics, rust = Filter)]
#[config(rule(selects(include, exclude, include_attributes, exclude_attributes)))]
pub struct Config {
    /// Metrics that pass, by name or pattern (`hw.gpu.*`). All, unless some are listed.
    #[config(fixed, default)]
    pub include: Vec<Glob>,
    /// Metrics that end here, whatever `include` says.
    #[config(fixed, default)]
    pub exclude: Vec<Glob>,
    /// Series pass that have one of these attributes. All, unless some are listed.
    #[config(fixed, default)]
    pub include_attributes: Vec<AttributeMatch>,
    /// Series end here that have one of these attributes, whatever `include_attributes` says.
    #[config(fixed, default)]
    pub exclude_attributes: Vec<AttributeMatch>,
}

/// An attribute that a series may have.
#[derive(Clone, Debug, tracecore_schema::Config)]
pub struct AttributeMatch {
    /// The key, in full: `network.interface.name`.
    #[config(fixed)]
    pub key: String,
    /// The value, or a pattern for it: `veth*`.
    #[config(fixed)]
    pub value: Pattern,
    /// Metrics that this is about, by name or pattern. All, unless some are listed.
    #[config(fixed, default)]
    pub metrics: Vec<Glob>,
}

fn selects(
    include: &[Glob],
    exclude: &[Glob],
    include_attributes: &[AttributeMatch],
    exclude_attributes: &[AttributeMatch],
) -> Result<(), String> {
    let empty = include.is_empty()
        && exclude.is_empty()
        && include_attributes.is_empty()
        && exclude_attributes.is_empty();
    if empty {
        return Err("it lists nothing, so everything would pass; list something in `include`, `exclude`, \
                    `include_attributes` or `exclude_attributes`, or leave the processor out"
            .into());
    }
    Ok(())
}
