// SPDX-License-Identifier: Apache-2.0
//! `nvidia-nvswitch1: SXid (PCI:0000:06:00.0): 20034, Fatal, Link 48 LTSSM Fault Up`, and the
//! lines with `Severity ..` and `Data {..}` that follow with the same code.

use super::address::Address;
use super::scan::Scan;

/// An error of an NVSwitch, or a further line of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sxid<'a> {
    /// The number of the switch: 1 of `nvidia-nvswitch1`.
    pub switch: u32,
    /// Where the switch sits.
    pub address: Address,
    /// The code.
    pub code: u32,
    /// How bad the driver finds it.
    pub severity: SxidSeverity,
    /// The link, if the line names one.
    pub link: Option<u32>,
    /// What else it says.
    pub detail: &'a str,
}

/// How bad the driver finds an SXid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SxidSeverity {
    /// Work is lost.
    Fatal,
    /// Something went wrong, work goes on.
    NonFatal,
    /// It was corrected.
    Correctable,
    /// The line does not say.
    Unspecified,
}

impl SxidSeverity {
    /// As attributes write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::NonFatal => "non_fatal",
            Self::Correctable => "correctable",
            Self::Unspecified => "unspecified",
        }
    }
}

/// What a line with an SXid is.
pub(super) enum SxidLine<'a> {
    Error(Sxid<'a>),
    Detail(Sxid<'a>),
}

/// Reads what follows `nvidia-nvswitch`.
pub(super) fn parse(text: &str) -> Option<SxidLine<'_>> {
    let mut scan = Scan(text);
    let switch = scan.number()?;
    if !scan.eat(": SXid (PCI:") {
        return None;
    }
    let address = Address::scan(&mut scan)?;
    let code = (scan.eat("): ")).then(|| scan.number()).flatten()?;
    if !scan.eat(", ") && !scan.0.is_empty() {
        return None;
    }
    let follows = scan.0.starts_with("Severity ") || scan.0.starts_with("Data {");
    let severity = if scan.eat("Fatal") {
        SxidSeverity::Fatal
    } else if scan.eat("Non-fatal") || scan.eat("Non-Fatal") {
        SxidSeverity::NonFatal
    } else if scan.eat("Correctable") {
        SxidSeverity::Correctable
    } else {
        SxidSeverity::Unspecified
    };
    scan.eat(", ");
    let detail = scan.0.trim();
    let link = scan.eat("Link ").then(|| scan.number()).flatten();
    let sxid = Sxid { switch, address, code, severity, link, detail };
    Some(if follows { SxidLine::Detail(sxid) } else { SxidLine::Error(sxid) })
}
