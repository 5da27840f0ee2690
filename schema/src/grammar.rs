// SPDX-License-Identifier: Apache-2.0
//! The texts of durations, sizes and addresses, as plain functions: compiled into this crate,
//! which reads pipeline files with them, and into the macros, which check an author's defaults
//! and limits with the very same code. So this file must not name a type of either.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// The units of a duration, least first, in nanoseconds.
pub(crate) const DURATION_UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The units of a size, in bytes.
pub(crate) const SIZE_UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Reads `([0-9]+(ns|us|ms|s|m|h|d))+`.
///
/// # Errors
///
/// A few words that say which part is wrong.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut nanos: u64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return Err("empty".to_owned());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 {
            return Err("not a duration".to_owned());
        }
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let Some((_, scale)) = DURATION_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(match unit.trim() {
                "" => "no unit".to_owned(),
                known if DURATION_UNITS.iter().any(|(name, _)| *name == known) => {
                    format!("a blank before or after the unit `{known}`")
                }
                unknown => format!("unknown unit `{unknown}`"),
            });
        };
        nanos = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*scale))
            .and_then(|part| nanos.checked_add(part))
            .ok_or("longer than 584 years")?;
        rest = after;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Reads a number of bytes with its unit: `64MiB`.
///
/// # Errors
///
/// A few words that say which part is wrong.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err("not a size".to_owned());
    }
    let Some((_, scale)) = SIZE_UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(if unit.is_empty() { "no unit".to_owned() } else { format!("unknown unit `{unit}`") });
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*scale));
    size.ok_or_else(|| "out of range".to_owned())
}

/// Reads `HOST:PORT`; the host comes without brackets.
///
/// # Errors
///
/// A few words that say which part is wrong.
pub(crate) fn parse_listen(text: &str) -> Result<(&str, u16), String> {
    let (host, port) = text.rsplit_once(':').ok_or("no port")?;
    let port = port.parse::<u16>().map_err(|_| format!("`{port}` is not a port"))?;
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(v6) => {
            v6.parse::<Ipv6Addr>().map_err(|_| format!("`{v6}` is not an IPv6 address"))?;
            v6
        }
        None if host.contains(':') => return Err("an IPv6 address stands in brackets".to_owned()),
        None if host.is_empty() => return Err("no host".to_owned()),
        None => host,
    };
    let fits = host.parse::<IpAddr>().is_ok()
        || host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if fits { Ok((host, port)) } else { Err(format!("`{host}` is not a host")) }
}
