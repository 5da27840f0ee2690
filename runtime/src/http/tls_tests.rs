// SPDX-License-Identifier: Apache-2.0
//! Encryption as a client meets it (contract H12).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end here")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, crypto, version,
};
use tracecore_schema::Listen;
use tracecore_schema::telemetry::TlsVersion;

use super::{Limits, Tls, TlsFiles, bind, serve_tls};
use crate::{StopTasks, stop_tasks};

static BOTH: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];
static OLD: [&SupportedProtocolVersion; 1] = [&version::TLS12];

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `localhost` and its key, as PEM.
fn certificate(authority: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

struct Files {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), authority: authority() };
        files.renew();
        files.write("ca.pem", &files.authority.pem());
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Another certificate of the same authority.
    fn renew(&self) -> CertificateDer<'static> {
        let (certificate, key) = certificate(&self.authority);
        self.write("cert.pem", &certificate);
        self.write("key.pem", &key);
        CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()
    }

    fn settings(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("cert.pem"),
            key: self.path("key.pem"),
            client_ca: None,
            min_version: TlsVersion::Tls12,
        }
    }

    fn mutual(&self) -> TlsFiles {
        TlsFiles { client_ca: Some(self.path("ca.pem")), ..self.settings() }
    }

    fn client(&self) -> Client {
        Client { authority: self.authority.pem(), identity: None, versions: &BOTH }
    }
}

#[derive(Clone)]
struct Client {
    authority: String,
    identity: Option<(String, String)>,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Client {
    /// The certificate it was shown and the answer, or what went wrong.
    fn ask(&self, address: SocketAddr) -> Result<(CertificateDer<'static>, String), String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let config = match &self.identity {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(address).map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let request = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
        let shown = stream.conn.peer_certificates().and_then(<[_]>::first).unwrap().clone().into_owned();
        Ok((shown, answer))
    }

    fn gets_hello(&self, address: SocketAddr) -> bool {
        self.ask(address).is_ok_and(|(_, answer)| answer.ends_with("\r\n\r\nhello\n"))
    }
}

struct Server {
    address: SocketAddr,
    tls: Tls,
    stop: StopTasks,
    thread: JoinHandle<std::io::Result<()>>,
}

impl Server {
    fn start(files: TlsFiles) -> Self {
        let listener = bind(&Listen::parse("127.0.0.1:0").unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = stop_tasks();
        let tls = Tls::load(files).unwrap();
        let serving = tls.clone();
        let router = Router::new().route("/hello", get(async || "hello\n"));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let limits = Limits { header_timeout: Duration::from_millis(500), ..Limits::default() };
            runtime.block_on(serve_tls(listener, serving, router, limits, stopping))
        });
        Self { address, tls, stop, thread }
    }

    fn end(self) {
        self.stop.set();
        self.thread.join().unwrap().unwrap();
    }
}

#[test]
fn h12_what_is_served_is_encrypted_and_nothing_else_is() {
    let files = Files::new();
    let server = Server::start(files.settings());
    assert!(files.client().gets_hello(server.address));
    let stranger = Client { authority: authority().pem(), ..files.client() };
    assert!(stranger.ask(server.address).is_err(), "a client that trusts somebody else");
    let mut plain = TcpStream::connect(server.address).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    plain.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.windows(5).any(|some| some == b"hello"), "{answer:?}");
    // One that says nothing is let go.
    let mut silent = TcpStream::connect(server.address).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(silent.read(&mut [0; 8]).unwrap_or(0), 0);
    assert!(files.client().gets_hello(server.address));
    server.end();
}

#[test]
fn h12_with_client_ca_a_client_needs_a_certificate_of_that_authority() {
    let files = Files::new();
    let server = Server::start(files.mutual());
    let with = |identity| Client { identity, ..files.client() };
    assert!(with(Some(certificate(&files.authority))).gets_hello(server.address));
    assert!(!with(None).gets_hello(server.address), "without one");
    assert!(!with(Some(certificate(&authority()))).gets_hello(server.address), "of another authority");
    server.end();
}

#[test]
fn h12_the_oldest_version_is_the_operators_choice() {
    let files = Files::new();
    let old = Client { versions: &OLD, ..files.client() };
    let server = Server::start(files.settings());
    assert!(old.gets_hello(server.address));
    server.end();
    let server = Server::start(TlsFiles { min_version: TlsVersion::Tls13, ..files.settings() });
    assert!(!old.gets_hello(server.address));
    assert!(files.client().gets_hello(server.address));
    server.end();
}

#[test]
fn h12_certificates_are_read_again_under_load_with_no_failed_request() {
    let files = Files::new();
    let server = Server::start(files.settings());
    let (stop, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let address = server.address;
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..3)
            .map(|_| {
                let client = files.client();
                let (stop, asked) = (&stop, &asked);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let (_, answer) = client.ask(address).unwrap();
                        assert!(answer.ends_with("hello\n"), "{answer}");
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for round in 1..=10 {
            let renewed = files.renew();
            server.tls.reload().unwrap();
            let (shown, _) = files.client().ask(address).unwrap();
            assert_eq!(shown, renewed, "round {round}: the next connection has the new one");
        }
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
    assert!(asked.load(Ordering::Relaxed) > 0);
    server.end();
}

#[test]
fn h12_files_that_are_of_no_use_are_named_and_the_old_ones_stay() {
    let files = Files::new();
    let server = Server::start(files.mutual());
    let client = Client { identity: Some(certificate(&files.authority)), ..files.client() };
    let (good, _) = client.ask(server.address).unwrap();
    let (other, _) = certificate(&authority());
    let torn = fs::read_to_string(files.path("cert.pem")).unwrap().replace("END CERT", "END CRET");
    for (name, text, says) in [
        ("cert.pem", "nothing", "no certificate"),
        ("cert.pem", torn.as_str(), "cert.pem"),
        ("key.pem", "", "no private key"),
        ("ca.pem", "", "no certificate"),
        ("cert.pem", other.as_str(), "does not belong"),
    ] {
        let before = fs::read_to_string(files.path(name)).unwrap();
        files.write(name, text);
        let refused = server.tls.reload().unwrap_err().to_string();
        assert!(refused.contains(says), "{name}: {refused}");
        assert_eq!(client.ask(server.address).unwrap().0, good, "after {refused}");
        files.write(name, &before);
    }
    fs::remove_file(files.path("key.pem")).unwrap();
    let refused = server.tls.reload().unwrap_err().to_string();
    assert!(refused.contains("key.pem") && refused.contains("No such file"), "{refused}");
    assert!(Tls::load(files.mutual()).is_err(), "nor can it be started with");
    assert_eq!(client.ask(server.address).unwrap().0, good);
    server.end();
}
