// SPDX-License-Identifier: Apache-2.0
//! How large a pipeline file may be, in every direction in which somebody could make it larger.
//! Nobody writes such a file by hand; the limits keep one from costing time or memory.

/// Bytes of a file.
pub(crate) const FILE_BYTES: usize = 1 << 20;
/// Bytes of one text.
pub(crate) const SCALAR_BYTES: usize = 64 << 10;
/// Bytes of one key.
pub(crate) const KEY_BYTES: usize = 256;
/// Lists and maps within each other, aliases followed.
pub(crate) const DEPTH: usize = 32;
/// Nodes of a file, aliases followed.
pub(crate) const NODES: usize = 50_000;
/// Bytes of all texts of a file, aliases followed.
pub(crate) const TEXT_BYTES: usize = 4 << 20;
/// Processors, and exporters, of one pipeline: the runtime keeps them in tuples.
pub(crate) const STAGES: usize = 8;
/// Pipelines of one receiver: each is one more level of a type in generated code.
pub(crate) const BRANCHES: usize = 16;
/// Problems that are drawn; the rest is counted.
pub(crate) const DRAWN: usize = 200;
