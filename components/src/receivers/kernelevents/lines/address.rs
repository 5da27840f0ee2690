// SPDX-License-Identifier: Apache-2.0
//! PCI addresses, in the spellings that drivers use.

use std::fmt;

use super::scan::Scan;

/// Where a device sits: domain, bus, device. The driver leaves the function out, which is 0 for
/// every GPU and NVSwitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The domain, also called segment.
    pub domain: u32,
    /// The bus.
    pub bus: u8,
    /// The device on its bus, at most 31.
    pub device: u8,
}

impl Address {
    /// Reads `0000:9b:00`, `00000000:9B:00.0` and the like from the left.
    pub(super) fn scan(scan: &mut Scan<'_>) -> Option<Self> {
        let mut ahead = *scan;
        let domain = ahead.hex(4, 8)?;
        let bus = ahead.eat(":").then(|| ahead.hex(2, 2)).flatten()?;
        let device = ahead.eat(":").then(|| ahead.hex(2, 2)).flatten()?;
        let mut function = ahead;
        if function.eat(".") && function.hex(1, 1).is_some_and(|function| function < 8) {
            ahead = function;
        }
        let device = u8::try_from(device).ok().filter(|device| *device < 32)?;
        *scan = ahead;
        Some(Self { domain, bus: u8::try_from(bus).ok()?, device })
    }

    /// Reads an address that is all of a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan(text);
        Self::scan(&mut scan).filter(|_| scan.0.is_empty())
    }

    /// The first address that stands in a text as a word of its own.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || c == '(' || c == ')' || c == ',').find_map(|word| {
            let mut scan = Scan(word.strip_prefix("PCI:").unwrap_or(word));
            let address = Self::scan(&mut scan)?;
            matches!(scan.0, "" | ":" | ".").then_some(address)
        })
    }
}

impl fmt::Display for Address {
    /// As NVML writes it: `00000000:9B:00.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}:{:02X}:{:02X}.0", self.domain, self.bus, self.device)
    }
}
