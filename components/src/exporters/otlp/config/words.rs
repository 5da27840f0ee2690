// SPDX-License-Identifier: Apache-2.0
//! The options that are chosen from a few words.

use serde_json::{Value as Json, json};
use tracecore_schema::{ConfigValue, Invalid, Literal, Scalar, Text, nearest};

use super::endpoint::host_and_port;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// HTTP with protobuf in it.
    HttpProtobuf,
    /// HTTP with JSON in it.
    HttpJson,
}

impl Protocol {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Grpc, "grpc", "Grpc"),
        (Self::HttpProtobuf, "http/protobuf", "HttpProtobuf"),
        (Self::HttpJson, "http/json", "HttpJson"),
    ];

    /// As OpenTelemetry spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

impl Scalar for Protocol {
    fn expected() -> String {
        "`grpc`, `http/protobuf` or `http/json`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        let written = text.text.as_str();
        let found = Self::ALL.iter().find(|(_, name, _)| *name == written);
        found.map(|(protocol, ..)| *protocol).ok_or_else(|| {
            let near = match written {
                "http" | "protobuf" => Some("http/protobuf"),
                "json" => Some("http/json"),
                _ => nearest(written, Self::ALL.iter().map(|(_, name, _)| *name)),
            };
            let help = near.map(|near| format!("did you mean `{near}`?"));
            Invalid { help, ..Invalid::because("none of them") }
        })
    }

    fn literal(&self) -> Literal {
        Literal::Local(format!("Protocol::{}", Self::ALL[*self as usize].2))
    }

    fn json_schema() -> Json {
        json!({"enum": Self::ALL.map(|(_, name, _)| name)})
    }

    fn show(&self) -> String {
        self.name().to_owned()
    }
}

/// How requests are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ConfigValue)]
pub enum Compression {
    /// Not at all.
    None,
    /// Every server knows it.
    Gzip,
    /// A tenth of gzip's cost for fewer bytes, where the server knows it.
    Zstd,
}

/// Whether to go through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// As HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say.
    Env,
    /// No.
    None,
    /// Through this one: `http://proxy:3128`.
    At(String),
}

impl Proxy {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "env" => return Ok(Self::Env),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let (scheme, rest) = text.split_once("://").ok_or("neither a word that is known nor an address")?;
        if scheme != "http" {
            return Err(format!("`{scheme}://` is not spoken to a proxy"));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("a name or password does not stand in a file that is compiled".to_owned());
        }
        if rest.contains(['/', '?', '#']) {
            return Err("has a path".to_owned());
        }
        host_and_port(rest)?;
        Ok(Self::At(format!("http://{rest}")))
    }
}

impl Scalar for Proxy {
    fn expected() -> String {
        "`env`, `none`, or the address of a proxy such as `http://proxy:3128`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        Self::read(&text.text).map_err(|why| {
            let help = match text.text.as_str() {
                written if written.contains('@') => {
                    Some("keep `name:password` in an environment variable or a file, and name that in `proxy_credentials`".to_owned())
                }
                written if written.starts_with("https://") || written.starts_with("socks") => {
                    Some("write `http://`: what is sent through it is encrypted all the same if the endpoint is `https://`".to_owned())
                }
                written => nearest(written, ["env", "none"]).map(|near| format!("did you mean `{near}`?")),
            };
            Invalid { help, ..Invalid::because(why) }
        })
    }

    fn literal(&self) -> Literal {
        Literal::Local(match self {
            Self::Env => "Proxy::Env".to_owned(),
            Self::None => "Proxy::None".to_owned(),
            Self::At(at) => format!("proxy({at:?})"),
        })
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^(env|none|http://[^/?#@]+/?)$"})
    }

    fn show(&self) -> String {
        match self {
            Self::Env => "env".to_owned(),
            Self::None => "none".to_owned(),
            Self::At(at) => at.clone(),
        }
    }
}

/// A proxy's address that the compiler has read already. Generated code calls it.
#[must_use]
pub fn proxy(at: &str) -> Proxy {
    Proxy::At(at.to_owned())
}
