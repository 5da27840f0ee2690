// SPDX-License-Identifier: Apache-2.0
//! How bad an event is, by OpenTelemetry's scale.

use std::fmt;

/// A severity number of OpenTelemetry: 1 to 24, four for each of six names; 0 is unspecified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Severity(u8);

const NAMES: [&str; 25] = [
    "", "TRACE", "TRACE2", "TRACE3", "TRACE4", "DEBUG", "DEBUG2", "DEBUG3", "DEBUG4", "INFO", "INFO2",
    "INFO3", "INFO4", "WARN", "WARN2", "WARN3", "WARN4", "ERROR", "ERROR2", "ERROR3", "ERROR4", "FATAL",
    "FATAL2", "FATAL3", "FATAL4",
];

impl Severity {
    /// Nobody has said.
    pub const UNSPECIFIED: Self = Self(0);
    /// 1.
    pub const TRACE: Self = Self(1);
    /// 5.
    pub const DEBUG: Self = Self(5);
    /// 9.
    pub const INFO: Self = Self(9);
    /// 10: by OpenTelemetry's mapping the `notice` of syslog.
    pub const INFO2: Self = Self(10);
    /// 13.
    pub const WARN: Self = Self(13);
    /// 17.
    pub const ERROR: Self = Self(17);
    /// 18: by OpenTelemetry's mapping the `critical` of syslog.
    pub const ERROR2: Self = Self(18);
    /// 19: by OpenTelemetry's mapping the `alert` of syslog.
    pub const ERROR3: Self = Self(19);
    /// 21: by OpenTelemetry's mapping the `emergency` of syslog.
    pub const FATAL: Self = Self(21);

    /// The severity of a number; what is above 24 is 24.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(if number > 24 { 24 } else { number })
    }

    /// The number, 0 to 24.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// `INFO`, `ERROR2`; empty if unspecified.
    #[must_use]
    pub const fn name(self) -> &'static str {
        NAMES[self.0 as usize]
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
