// SPDX-License-Identifier: Apache-2.0
//! Where a server listens: `localhost:9464`, `0.0.0.0:9464`, `[::1]:9464`.

use std::net::IpAddr;

use serde_json::{Value as Json, json};

use crate::grammar::parse_listen;
use crate::{Decoder, Fact, Invalid, Literal, Node, Scalar, Text};

/// A host and a port to listen on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listen {
    host: String,
    port: u16,
}

impl Listen {
    /// Reads `HOST:PORT`.
    ///
    /// # Errors
    ///
    /// A few words that say which part is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (host, port) = parse_listen(text)?;
        Ok(Self { host: host.to_owned(), port })
    }

    /// The host, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 lets the system choose.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether only this machine can connect.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether two listeners cannot both be bound: the same port, and hosts that overlap.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        let any = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
        let overlap = self.host == other.host
            || any(&self.host)
            || any(&other.host)
            || (self.is_loopback()
                && other.is_loopback()
                && (self.host == "localhost" || other.host == "localhost"));
        self.port != 0 && self.port == other.port && overlap
    }
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Scalar for Listen {
    fn expected() -> String {
        "a host and a port such as `localhost:9464`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        Self::parse(&text.text).map_err(|why| {
            let help = match why.as_str() {
                "no port" if text.text.parse::<u16>().is_ok() => format!("write `localhost:{}`", text.text),
                "no host" => {
                    format!("write `localhost{0}` for this machine alone, `0.0.0.0{0}` for all", text.text)
                }
                "no port" => format!("write `{}:9464`", text.text),
                _ => return Invalid::because(why),
            };
            Invalid::because(why).help(help)
        })
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("rt::listen({:?})", self.to_string()))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^.+:[0-9]+$"})
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn tell(&self, node: &Node, cx: &mut Decoder<'_>) {
        cx.fact(Fact::Listen(self.clone()), node.span);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::Listen;

    #[test]
    fn addresses_are_read_and_shown() {
        for text in ["localhost:9464", "0.0.0.0:0", "[::1]:80", "node-1.example:65535"] {
            assert_eq!(Listen::parse(text).unwrap().to_string(), text);
        }
        for bad in ["localhost", ":80", "::1:80", "[::g]:80", "a b:80", "localhost:65536", "localhost:"] {
            assert!(Listen::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_overlapping_listeners_conflict() {
        let conflicts = |a: &str, b: &str| Listen::parse(a).unwrap().conflicts(&Listen::parse(b).unwrap());
        assert!(conflicts("localhost:80", "127.0.0.1:80"));
        assert!(conflicts("0.0.0.0:80", "10.0.0.1:80"));
        assert!(!conflicts("127.0.0.1:80", "127.0.0.2:80"));
        assert!(!conflicts("localhost:80", "localhost:81"));
        assert!(!conflicts("localhost:0", "localhost:0"));
    }
}
