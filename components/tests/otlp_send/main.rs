// SPDX-License-Identifier: Apache-2.0
//! One attempt to deliver, against servers that answer what they are told to: every status,
//! broken, late, endless and wrong answers, proxies, certificates.
#![cfg(feature = "runtime")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod compression;
mod connections;
mod grpc;
mod grpc_server;
mod http;
mod http_server;
mod proxy;
mod readme;
mod support;
mod tls;
