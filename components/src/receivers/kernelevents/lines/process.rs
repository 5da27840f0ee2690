// SPDX-License-Identifier: Apache-2.0
//! `pid=7194, name=nvidia-smi, ` at the beginning of what an Xid says.

use super::scan::Scan;

/// Names of programs are cut to 15 bytes by the kernel.
const NAME: usize = 15;

/// How messages of the driver begin: where one of these follows a comma, the name ends.
/// Taken from the open kernel modules (595.45.04) and from logs of older drivers.
const OPENINGS: [&str; 32] = [
    "Ch ",
    "Channel ",
    "channel ",
    "CE",
    "Contained",
    "Uncontained",
    "DBE ",
    "Dynamic Page",
    "ECC ",
    "ESR ",
    "Engine ",
    "errorString",
    "GPU ",
    "GPC",
    "GSP",
    "Graphics ",
    "INTERNAL",
    "MMU ",
    "Memory ",
    "NVLink",
    "NVDEC",
    "NVENC",
    "Page ",
    "PBDMA",
    "Remap",
    "Reset",
    "Row ",
    "Shader ",
    "Timeout ",
    "Unable ",
    "Unrecoverable",
    "bus error",
];

/// The process that the driver names, and whether it knew one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Process<'a> {
    pub(super) pid: Option<u32>,
    pub(super) name: Option<&'a str>,
}

/// Reads pid and name from the left, as far as they are there.
pub(super) fn scan<'a>(scan: &mut Scan<'a>) -> Process<'a> {
    let mut process = Process::default();
    if scan.0.starts_with("pid=") {
        let mut item = *scan;
        item.eat("pid=");
        let unknown = item.eat("'<unknown>'") || item.eat("<unknown>");
        let pid = if unknown { None } else { item.number() };
        if (unknown || pid.is_some()) && ends(&mut item) {
            process.pid = pid;
            *scan = item;
        }
    }
    if let Some(text) = scan.0.strip_prefix("name=") {
        let (name, rest) = split_name(text);
        process.name = Some(name).filter(|name| !matches!(*name, "<unknown>" | "'<unknown>'" | ""));
        scan.0 = rest;
    }
    process
}

/// Goes past the comma that ends an item; the end of the text ends it as well.
fn ends(item: &mut Scan<'_>) -> bool {
    item.eat(", ") || item.eat(",") || item.0.is_empty()
}

/// Where does the name end? It may hold commas itself, and so may what follows.
///
/// At the first comma after which the driver's words are recognised; else at the first that is
/// followed by a capital letter, as nearly all of its messages are; else at the first. Never
/// further than a name can be long, unless there is no comma before.
fn split_name(text: &str) -> (&str, &str) {
    let commas = || text.match_indices(", ").map(|(at, _)| at);
    let near = || commas().take_while(|at| *at <= NAME);
    let after = |at: usize| &text[at + 2..];
    let at = near()
        .find(|at| OPENINGS.iter().any(|opening| after(*at).starts_with(opening)))
        .or_else(|| near().find(|at| after(*at).starts_with(|c: char| c.is_ascii_uppercase())))
        .or_else(|| commas().next());
    match at {
        Some(at) => (&text[..at], after(at)),
        None => (text.strip_suffix(',').unwrap_or(text), ""),
    }
}
