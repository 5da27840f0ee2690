// SPDX-License-Identifier: Apache-2.0
//! `RLW_REMAP Fatal XC0 i0 Link 00 (0x00000004 0x00000040 0x00000000 0x00000000)`: what Xids 144
//! to 150 say of NVLink 5.

use super::scan::Scan;

/// An error of an NVLink 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nvlink<'a> {
    /// The unit that found it: `RLW_REMAP`.
    pub unit: &'a str,
    /// How bad the driver finds it: `Fatal`, `Nonfatal`.
    pub severity: &'a str,
    /// Whether it crosses over to other GPUs (`XC1`).
    pub cross_contained: bool,
    /// Whether it was injected (`i1`).
    pub injected: bool,
    /// The link; none if the driver names no single one (`Link -1`).
    pub link: Option<u32>,
    /// The unit's own status words.
    pub status: Option<&'a str>,
}

/// Reads it, or nothing if any part is missing: then it is another message.
pub(super) fn parse(detail: &str) -> Option<Nvlink<'_>> {
    let mut scan = Scan(detail);
    let unit = scan.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if unit.is_empty() || !scan.eat(" ") {
        return None;
    }
    let severity = scan.run(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    if !matches!(severity, "Fatal" | "Nonfatal" | "Non-fatal" | "NonFatal") {
        return None;
    }
    let cross_contained = scan.eat(" XC").then(|| flag(&mut scan)).flatten()?;
    let injected = scan.eat(" i").then(|| flag(&mut scan)).flatten()?;
    if !scan.eat(" Link ") {
        return None;
    }
    let link = if scan.eat("-1") { None } else { Some(scan.number()?) };
    let status = scan.eat(" (").then(|| scan.until(")")).flatten();
    Some(Nvlink { unit, severity, cross_contained, injected, link, status })
}

fn flag(scan: &mut Scan<'_>) -> Option<bool> {
    match scan.number::<u32>()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
