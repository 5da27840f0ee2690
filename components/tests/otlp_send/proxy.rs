// SPDX-License-Identifier: Apache-2.0
//! Through a proxy, by CONNECT.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tracecore_components::exporters::otlp::{Protocol, Proxy, proxy};
use tracecore_schema::Secret;

use crate::grpc_server::{self, ok};
use crate::http_server::{self, Door, answer, read};
use crate::support::{attempt, config, exporter, refused};
use crate::tls::Files;

/// A proxy that leads everybody to `to`, whatever they ask for, or refuses with `status`.
async fn proxy_to(to: SocketAddr, status: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let heads = Arc::clone(&heads);
            tokio::spawn(async move {
                let Some(request) = read(&mut client).await else { return };
                heads.lock().unwrap().push(request.head);
                let said = format!("HTTP/1.1 {status}\r\n\r\n");
                client.write_all(said.as_bytes()).await.unwrap();
                if status.starts_with("200") {
                    let mut server = TcpStream::connect(to).await.unwrap();
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (address, asked)
}

#[tokio::test]
async fn requests_go_through_the_proxy_that_is_named() {
    let (server, _) = http_server::serve(Door::default(), |_, _| answer("200 OK", &[], b"")).await;
    let (through, asked) = proxy_to(server, "200 Connection established").await;
    let mut config = config(Protocol::HttpProtobuf, "http://collector.example:4318");
    config.proxy = proxy(&format!("http://{through}"));
    let credentials = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(credentials.path(), "name:word").unwrap();
    config.proxy_credentials = Some(Secret::file(credentials.path()));
    assert_eq!(attempt(&exporter(config), Protocol::HttpProtobuf).await, "delivered");
    let head = asked.lock().unwrap()[0].clone();
    assert!(head.starts_with("connect collector.example:4318 http/1.1\r\n"), "{head}");
    assert!(head.contains("proxy-authorization: basic bmftztp3b3jk\r\n"), "{head}");
}

#[tokio::test]
async fn what_is_encrypted_is_encrypted_through_a_proxy_too() {
    let files = Files::new();
    let (server, _) = grpc_server::serve(Some(files.acceptor(false, b"h2")), |_| ok(b"")).await;
    let (through, asked) = proxy_to(server, "200 OK").await;
    let mut config = config(Protocol::Grpc, "https://localhost:4317");
    config.tls.ca_file = Some(files.path("ca.pem"));
    config.proxy = proxy(&format!("http://{through}"));
    assert_eq!(attempt(&exporter(config), Protocol::Grpc).await, "delivered");
    assert!(asked.lock().unwrap()[0].starts_with("connect localhost:4317 "));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_a_failure_to_connect() {
    let (server, _) = http_server::serve(Door::default(), |_, _| answer("200 OK", &[], b"")).await;
    for (status, words) in
        [("407 Proxy Authentication Required", "authorization required"), ("502 Bad", "unsuccessful")]
    {
        let (through, _) = proxy_to(server, status).await;
        let mut config = config(Protocol::HttpProtobuf, "http://collector.example:4318");
        config.proxy = proxy(&format!("http://{through}"));
        let told = attempt(&exporter(config), Protocol::HttpProtobuf).await;
        assert!(told.starts_with("`connect`, tried again: ") && told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn credentials_without_a_colon_are_refused_and_not_shown() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "geheim").unwrap();
    let mut config = config(Protocol::HttpProtobuf, "http://collector.example:4318");
    config.proxy = Proxy::At("http://127.0.0.1:1".to_owned());
    config.proxy_credentials = Some(Secret::file(file.path()));
    let why = refused(config);
    assert!(why.contains("expected `name:password`") && !why.contains("geheim"), "{why}");
}
