// SPDX-License-Identifier: Apache-2.0
//! What an operator may write, and what is said of the rest.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use tracecore_schema::{Config as _, Scalar, Secret, Text, Value as _};

use super::{Compression, Config, Endpoint, HeaderText, Protocol, Proxy, Tls};

fn config(endpoint: &str) -> Config {
    Config::new(Endpoint::parse(endpoint).unwrap())
}

/// The one thing that is wrong with a config.
fn wrong(change: impl FnOnce(&mut Config)) -> String {
    let mut config = config("https://collector:4317");
    change(&mut config);
    let found = config.check();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].to_string()
}

fn help<T: Scalar>(text: &str) -> String {
    let Err(invalid) = T::parse(&Text::filled(text)) else { return "fits".to_owned() };
    format!("{}; {}", invalid.label, invalid.help.unwrap_or_default())
}

#[test]
fn the_defaults_of_code_are_those_of_the_file() {
    let made = config("https://collector:4317");
    assert!(made.check().is_empty());
    for field in Config::fields() {
        let Some(default) = field.default else { continue };
        let shown = match field.name {
            "protocol" => Scalar::show(&made.protocol),
            "compression" => Scalar::show(&made.compression),
            "proxy" => Scalar::show(&made.proxy),
            "timeout" => Scalar::show(&made.timeout),
            "connections" => Scalar::show(&made.connections),
            "headers" => made.headers.show(),
            "tls" => made.tls.show(),
            "paths" => made.paths.show(),
            "resource" => made.resource.show(),
            "queue" => made.queue.show(),
            "retry" => made.retry.show(),
            "compression_level" => made.compression_level.show(),
            "token" => made.token.show(),
            "proxy_credentials" => made.proxy_credentials.show(),
            other => unreachable!("{other}"),
        };
        assert_eq!(shown, default, "{}", field.name);
    }
}

#[test]
fn addresses_are_read_shown_and_written() {
    for (text, shown) in [
        ("https://collector:4317", "https://collector:4317"),
        ("http://localhost:4318/", "http://localhost:4318"),
        ("https://otlp.example", "https://otlp.example:443"),
        ("http://[::1]/otlp/", "http://[::1]:80/otlp"),
    ] {
        let endpoint = Endpoint::parse(text).unwrap();
        assert_eq!(endpoint.to_string(), shown);
        assert_eq!(Endpoint::parse(shown).unwrap(), endpoint);
    }
    assert!(Endpoint::parse("http://[::1]:1").unwrap().is_loopback());
    assert!(Endpoint::parse("http://127.0.0.9:1").unwrap().is_loopback());
    assert!(!Endpoint::parse("http://10.0.0.1:1").unwrap().is_loopback());
    assert_eq!(
        help::<Endpoint>("collector:4317"),
        "no `http://` or `https://` in front; write `https://collector:4317`, or `http://collector:4317` \
         without encryption"
    );
    for (bad, why) in [
        ("ftp://x", "`ftp://` is not spoken"),
        ("http://", "no host"),
        ("http://a b:1", "has a ` ` in its host"),
        ("http://a:0", "`0` is no port"),
        ("http://a:65536", "`65536` is no port"),
        ("http://::1:4317", "an IPv6 address needs brackets"),
        ("http://[::g]", "`::g` is no IPv6 address"),
        ("http://[::1", "a bracket that is not closed"),
        ("http://user:word@a", "a name or password does not stand"),
        ("http://a/x?y", "has a query or a fragment"),
        ("http://a/../b", "the path has a `.` or `..` in it"),
    ] {
        let found = Endpoint::parse(bad).unwrap_err();
        assert!(found.starts_with(why), "{bad}: {found}");
    }
}

#[test]
fn words_are_read_and_near_misses_named() {
    assert_eq!(help::<Protocol>("http"), "none of them; did you mean `http/protobuf`?");
    assert_eq!(help::<Protocol>("gprc"), "none of them; did you mean `grpc`?");
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf, Protocol::HttpJson] {
        assert_eq!(Protocol::parse(&Text::filled(protocol.name())), Ok(protocol));
    }
    assert_eq!(Proxy::parse(&Text::filled("http://p:3128/")), Ok(Proxy::At("http://p:3128".to_owned())));
    assert!(help::<Proxy>("https://p:3128").contains("write `http://`"));
    assert!(help::<Proxy>("http://me:word@p:3128").contains("`proxy_credentials`"));
    assert_eq!(help::<Proxy>("non"), "neither a word that is known nor an address; did you mean `none`?");
}

#[test]
fn options_that_do_not_go_together_are_named() {
    let text = |text: &str| HeaderText::Text(text.to_owned());
    let header = |name: &str, value| BTreeMap::from([(name.to_owned(), value)]);
    assert!(
        wrong(|c| c.endpoint = Endpoint::parse("https://a/otlp").unwrap()).contains("gRPC has no use for")
    );
    assert!(
        wrong(|c| {
            c.endpoint = Endpoint::parse("http://a:4317").unwrap();
            c.tls.ca_file = Some(PathBuf::from("/ca.pem"));
        })
        .contains("`tls.ca_file` is of no use with `http://a:4317`")
    );
    assert_eq!(
        wrong(|c| c.tls = Tls { cert_file: Some(PathBuf::from("/c.pem")), ..Tls::default() }),
        "`tls`: `cert_file` needs its `key_file`"
    );
    assert!(wrong(|c| c.tls.server_name = Some("a b".to_owned())).contains("expected a host name"));
    assert!(wrong(|c| c.compression_level = Some(10)).contains("expected 1 to 9 with `gzip`, found 10"));
    assert!(
        wrong(|c| {
            c.compression = Compression::Zstd;
            c.compression_level = Some(0);
        })
        .contains("expected 1 to 19 with `zstd`, found 0")
    );
    assert!(wrong(|c| c.headers = header("X-API-Key", text("k"))).contains("is a secret"));
    assert!(wrong(|c| c.headers = header("content-type", text("k"))).contains("the exporter itself"));
    assert!(wrong(|c| c.headers = header("grpc-timeout", text("k"))).contains("the exporter itself"));
    assert!(wrong(|c| c.headers = header("a b", text("k"))).contains("no name of a header"));
    assert!(wrong(|c| c.headers = header("a", text("ü"))).contains("characters that no header may have"));
    assert!(
        wrong(|c| c.headers = BTreeMap::from([("a".to_owned(), text("1")), ("A".to_owned(), text("2"))]))
            .contains("twice")
    );
    assert!(
        wrong(|c| {
            c.token = Some(Secret::env("T"));
            c.headers = header("Authorization", HeaderText::Secret(Secret::env("T")));
        })
        .contains("say the same")
    );
    assert!(wrong(|c| c.proxy_credentials = Some(Secret::env("P"))).contains("`proxy` whose address"));
    assert!(wrong(|c| c.connections = 65).contains("`connections`"));
}
