// SPDX-License-Identifier: Apache-2.0
//! The address of a server: `https://collector:4317`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Value as Json, json};
use tracecore_schema::telemetry::check_path;
use tracecore_schema::{Invalid, Literal, Scalar, Text};

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    encrypted: bool,
    host: String,
    port: u16,
    path: String,
}

impl Endpoint {
    /// Reads `http[s]://HOST[:PORT][/PATH]`.
    ///
    /// # Errors
    ///
    /// A few words that say which part is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or("no `http://` or `https://` in front")?;
        let encrypted = match scheme {
            "https" => true,
            "http" => false,
            other => return Err(format!("`{other}://` is not spoken")),
        };
        if rest.contains(['?', '#']) {
            return Err("has a query or a fragment".to_owned());
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("a name or password does not stand in an address that is compiled".to_owned());
        }
        let (host, port) = host_and_port(authority)?;
        let path = path.trim_end_matches('/');
        if !path.is_empty() {
            check_path(path).map_err(|why| format!("the path {why}"))?;
        }
        let port = port.unwrap_or(if encrypted { 443 } else { 80 });
        Ok(Self { encrypted, host: host.to_owned(), port, path: path.to_owned() })
    }

    /// Whether it is `https`.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The host, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path without a slash at its end; empty if there is none.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether only this machine is reached.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// The host and the port of an authority, if it has one.
pub(super) fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or("a bracket that is not closed")?;
        host.parse::<Ipv6Addr>().map_err(|_| format!("`{host}` is no IPv6 address"))?;
        match after {
            "" => (host, None),
            after => (host, Some(after.strip_prefix(':').ok_or("something between the host and its port")?)),
        }
    } else {
        match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address needs brackets: `[::1]`".to_owned());
            }
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if host.is_empty() {
        return Err("no host".to_owned());
    }
    if let Some(wrong) = host.chars().find(|c| !plain(*c)) {
        return Err(format!("has a `{wrong}` in its host"));
    }
    let port = port.map(|port| match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("`{port}` is no port")),
    });
    Ok((host, port.transpose()?))
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "https" } else { "http" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}:{}{}", self.host, self.port, self.path)
    }
}

impl Scalar for Endpoint {
    fn expected() -> String {
        "an address such as `https://collector:4317`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        Self::parse(&text.text).map_err(|why| {
            let with = format!("https://{}", text.text);
            let fits = !text.text.contains("://") && Self::parse(&with).is_ok();
            let help = fits.then(|| format!("write `{with}`, or `http://{}` without encryption", text.text));
            Invalid { help, ..Invalid::because(why) }
        })
    }

    fn literal(&self) -> Literal {
        Literal::Local(format!("endpoint({:?})", self.to_string()))
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^https?://[^/?#@]+(/[^?#]*)?$"})
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// An address that the compiler has read already. Generated code calls it.
///
/// # Panics
///
/// The text is no address, which the compiler has excluded.
#[must_use]
#[allow(clippy::panic, reason = "the compiler writes only what it has read")]
pub fn endpoint(text: &str) -> Endpoint {
    match Endpoint::parse(text) {
        Ok(endpoint) => endpoint,
        Err(why) => panic!("`{text}` in generated code: {why}"),
    }
}
