// SPDX-License-Identifier: Apache-2.0
//! `NVRM: Xid (PCI:0000:9b:00): 119, pid=.., name=.., Timeout after 6s ..`
//!
//! Any code is taken, known or not. What follows the code is read as far as it is understood;
//! the rest is kept as it stands.

use super::address::Address;
use super::nvlink::{self, Nvlink};
use super::process;
use super::scan::Scan;

/// An error that the driver reports of a GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Xid<'a> {
    /// Where the GPU sits.
    pub address: Address,
    /// The MIG GPU instance that it happened in.
    pub gpu_instance: Option<u32>,
    /// The MIG compute instance that it happened in.
    pub compute_instance: Option<u32>,
    /// The code.
    pub code: u32,
    /// The process that it is about, as the host counts processes.
    pub pid: Option<u32>,
    /// The name of that process, at most 15 bytes of it. May hold commas.
    pub process: Option<&'a str>,
    /// What the driver says of it, without what stands before.
    pub detail: &'a str,
    /// Whether the GPU needs a reset, and whether after draining (`RST: .. D-RST: ..`).
    pub recovery: Option<Recovery>,
    /// The code of an earlier Xid that this one follows from.
    pub previous: Option<u32>,
    /// The parts of codes 144 to 150.
    pub nvlink: Option<Nvlink<'a>>,
    /// The recovery action before and now, of code 154.
    pub recovery_action: Option<(&'a str, &'a str)>,
}

/// `RST: No, D-RST: Yes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The GPU has to be reset.
    pub reset: bool,
    /// The GPU has to be reset once its work is drained.
    pub drain_and_reset: bool,
}

/// No more than this stands in the brackets after the address.
const INSIDE: usize = 64;

/// Reads what follows `NVRM: `.
pub(super) fn parse(text: &str) -> Option<Xid<'_>> {
    let mut scan = Scan(text.strip_prefix("Xid (")?);
    // Drivers of old leave `PCI:` out.
    scan.eat("PCI:");
    let address = Address::scan(&mut scan)?;
    // Whatever else stands in the brackets: an error of an instance that is not understood is an
    // error all the same.
    let mut inside = Scan(scan.until("):").filter(|inside| inside.len() <= INSIDE && !inside.contains(')'))?);
    let gpu_instance = inside.eat(" GPU-I:").then(|| inside.number()).flatten();
    let compute_instance =
        gpu_instance.and_then(|_| inside.eat(" GPU-CI:").then(|| inside.number()).flatten());
    scan.eat(" ");
    let code = scan.number()?;
    // A code that goes on in letters is none.
    if !scan.eat(", ") && !scan.eat(",") && !scan.0.is_empty() && !scan.0.starts_with([' ', '\n']) {
        return None;
    }
    let process = process::scan(&mut scan);
    let detail = scan.0.trim();
    Some(Xid {
        address,
        gpu_instance,
        compute_instance,
        code,
        pid: process.pid,
        process: process.name,
        detail,
        recovery: recovery(detail),
        previous: previous(detail),
        nvlink: if matches!(code, 144..=150) { nvlink::parse(detail) } else { None },
        recovery_action: if code == 154 { recovery_action(detail) } else { None },
    })
}

fn recovery(detail: &str) -> Option<Recovery> {
    let (before, after) = detail.split_once("RST: ")?;
    // The first of the two, not the end of the second.
    if before.ends_with("D-") {
        return None;
    }
    let mut scan = Scan(after);
    let reset = yes_or_no(&mut scan)?;
    let drain_and_reset = (scan.eat(", D-RST: ")).then(|| yes_or_no(&mut scan)).flatten()?;
    Some(Recovery { reset, drain_and_reset })
}

fn yes_or_no(scan: &mut Scan<'_>) -> Option<bool> {
    if scan.eat("Yes") {
        Some(true)
    } else if scan.eat("No") {
        Some(false)
    } else {
        None
    }
}

fn previous(detail: &str) -> Option<u32> {
    let (_, after) = detail.split_once("caused by previous Xid ")?;
    Scan(after).number()
}

/// `GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)`.
fn recovery_action(detail: &str) -> Option<(&str, &str)> {
    let mut scan = Scan(detail);
    scan.until("GPU recovery action changed from 0x")?;
    let before = action(&mut scan)?;
    if !scan.eat(" to 0x") {
        return None;
    }
    Some((before, action(&mut scan)?))
}

fn action<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    scan.hex(1, 8)?;
    if !scan.eat(" (") {
        return None;
    }
    scan.until(")")
}
