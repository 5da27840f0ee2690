// SPDX-License-Identifier: Apache-2.0
//! What the macros write, for small items made for the purpose: compared with the text under
//! `tests/ui/expanded/`, which `tests/ui/pass/` compiles.
//!
//! `UPDATE_EXPANDED=1 cargo test -p tracecore-macros` writes the texts anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may end here")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use proc_macro2::TokenStream;
use quote::quote;

/// The expansion as `rustfmt` lays it out.
fn formatted(code: &TokenStream) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "max_width=110,use_small_heuristics=Max"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is part of the toolchain");
    rustfmt.stdin.take().unwrap().write_all(code.to_string().as_bytes()).unwrap();
    let output = rustfmt.wait_with_output().unwrap();
    assert!(output.status.success(), "rustfmt refuses:\n{code}");
    String::from_utf8(output.stdout).unwrap()
}

fn compare(name: &str, longest: usize, code: &TokenStream) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/ui/expanded/{name}.rs"));
    let text = format!("// SPDX-License-Identifier: Apache-2.0\n{}", formatted(code));
    if std::env::var_os("UPDATE_EXPANDED").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{name} expands to something else; UPDATE_EXPANDED=1 writes it anew");
    let lines = text.lines().count();
    assert!(lines <= longest, "{name} expands to {lines} lines, {longest} at most");
}

#[test]
fn a_config() {
    compare(
        "config",
        210,
        &crate::config::derive(quote! {
            /// Beats.
            #[config(receiver = "heartbeat", signal = metrics, metrics = Beats, rust = choose(simulated))]
            #[config(rule(audible(volume, interval)))]
            pub struct HeartConfig {
                /// How often.
                #[config(default = "1s", min = "1ms")]
                pub interval: Duration,
                /// How loud.
                pub volume: u8,
                /// Whether there is a heart.
                #[config(default = false, fixed)]
                pub simulated: bool,
            }
        }),
    );
}

#[test]
fn a_config_value() {
    compare(
        "config_value",
        50,
        &crate::config_value::derive(quote! {
            pub enum Volume {
                /// Not very.
                Loud,
                VeryLoud,
            }
        }),
    );
}

#[test]
fn a_metric_set() {
    compare(
        "metric_set",
        40,
        &crate::metric_set::derive(quote! {
            pub struct Beats {
                /// Beats since the start.
                #[metric(name = "heart.beats", unit = "{beat}", attributes("heart.id"))]
                pub beats: Counter<u64>,
            }
        }),
    );
}

#[test]
fn a_receiver() {
    compare(
        "receiver",
        60,
        &crate::component::expand(
            &crate::component::RECEIVER,
            quote!(config = HeartConfig, metrics = Beats, errors(read, local(arrhythmia))),
            &quote! {
                /// A heart.
                #[derive(Debug)]
                pub struct Heartbeat {
                    beats: u64,
                }
            },
        ),
    );
}

#[test]
fn an_exporter() {
    compare(
        "exporter",
        48,
        &crate::component::expand(
            &crate::component::EXPORTER,
            quote!(stream, config = SinkConfig),
            &quote! {
                /// A sink.
                #[derive(Debug)]
                pub struct Sink;
            },
        ),
    );
}
