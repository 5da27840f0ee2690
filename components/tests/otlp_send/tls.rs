// SPDX-License-Identifier: Apache-2.0
//! Encryption and certificates.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto, version};
use tracecore_components::exporters::otlp::{Config, Protocol, TlsVersion};

use crate::grpc_server::{self, ok};
use crate::http_server::{self, Door, answer};
use crate::support::{attempt, config, exporter, refused};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// An authority, a server's certificate for `localhost`, and a client's.
pub struct Files {
    folder: tempfile::TempDir,
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Files {
    pub fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        let authority = authority();
        fs::write(files.path("ca.pem"), authority.pem()).unwrap();
        for (name, of) in [("server", "localhost"), ("client", "node-1")] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![of.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &authority).unwrap();
            fs::write(files.path(&format!("{name}.pem")), certificate.pem()).unwrap();
            fs::write(files.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ca.pem")).unwrap()).unwrap();
        roots
    }

    /// A server that asks clients for a certificate if it is `mutual`.
    pub fn acceptor(&self, mutual: bool, alpn: &[u8]) -> TlsAcceptor {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS12])
            .unwrap();
        let builder = if mutual {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(self.roots()), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let certificate = vec![CertificateDer::from_pem_file(self.path("server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(self.path("server.key")).unwrap();
        let mut config = builder.with_single_cert(certificate, key).unwrap();
        config.alpn_protocols = vec![alpn.to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

async fn grpc(files: &Files, mutual: bool, change: impl FnOnce(&mut Config)) -> String {
    let (address, _) = grpc_server::serve(Some(files.acceptor(mutual, b"h2")), |_| ok(b"")).await;
    let mut config = config(Protocol::Grpc, &format!("https://localhost:{}", address.port()));
    config.tls.ca_file = Some(files.path("ca.pem"));
    change(&mut config);
    attempt(&exporter(config), Protocol::Grpc).await
}

#[tokio::test]
async fn a_server_whose_certificate_fits_is_trusted() {
    let files = Files::new();
    assert_eq!(grpc(&files, false, |_| ()).await, "delivered");
    let door = Door { tls: Some(files.acceptor(false, b"http/1.1")), ..Door::default() };
    let (address, _) = http_server::serve(door, |_, _| answer("200 OK", &[], b"")).await;
    let mut config = config(Protocol::HttpJson, &format!("https://localhost:{}", address.port()));
    config.tls.ca_file = Some(files.path("ca.pem"));
    assert_eq!(attempt(&exporter(config), Protocol::HttpJson).await, "delivered");
}

#[tokio::test]
async fn a_server_whose_certificate_does_not_fit_is_not() {
    let files = Files::new();
    let others = Files::new();
    let told = grpc(&files, false, |config| config.tls.ca_file = Some(others.path("ca.pem"))).await;
    assert!(told.starts_with("`connect`, tried again: ") && told.contains("certificate"), "{told}");
    let told = grpc(&files, false, |config| config.tls.server_name = Some("other.example".to_owned())).await;
    assert!(told.starts_with("`connect`, tried again: ") && told.contains("not valid for name"), "{told}");
    let told = grpc(&files, false, |config| config.tls.min_version = TlsVersion::Tls13).await;
    assert!(told.starts_with("`connect`, tried again: "), "a server with 1.2 alone: {told}");
}

#[tokio::test]
async fn a_name_other_than_the_endpoints_can_be_asked_for() {
    let files = Files::new();
    let named = |config: &mut Config| {
        let at = config.endpoint.to_string().replace("localhost", "127.0.0.1");
        config.endpoint = tracecore_components::exporters::otlp::endpoint(&at);
        config.tls.server_name = Some("localhost".to_owned());
    };
    assert_eq!(grpc(&files, false, named).await, "delivered");
}

#[tokio::test]
async fn mutual_encryption_needs_a_certificate_of_the_servers_authority() {
    let files = Files::new();
    let with = |files: &Files| (files.path("client.pem"), files.path("client.key"));
    let own = with(&files);
    let told = grpc(&files, true, |config| {
        (config.tls.cert_file, config.tls.key_file) = (Some(own.0), Some(own.1));
    });
    assert_eq!(told.await, "delivered");
    assert!(grpc(&files, true, |_| ()).await.contains("tried again"), "without one");
    let others = Files::new();
    let foreign = with(&others);
    let told = grpc(&files, true, |config| {
        (config.tls.cert_file, config.tls.key_file) = (Some(foreign.0), Some(foreign.1));
    });
    assert!(told.await.contains("tried again"), "of another authority");
}

#[tokio::test]
async fn files_of_no_use_keep_the_exporter_from_opening_and_are_named() {
    let files = Files::new();
    let config = || config(Protocol::Grpc, "https://localhost:1");
    let mut missing = config();
    missing.tls.ca_file = Some(files.path("none.pem"));
    assert!(refused(missing).contains("none.pem"));
    let mut key = config();
    key.tls.ca_file = Some(files.path("client.key"));
    assert!(refused(key).contains("there is no certificate in it, expected PEM"));
    let mut crossed = config();
    crossed.tls.ca_file = Some(files.path("ca.pem"));
    crossed.tls.cert_file = Some(files.path("client.pem"));
    crossed.tls.key_file = Some(files.path("server.key"));
    let why = refused(crossed);
    assert!(why.contains("client.pem") && why.contains("server.key"), "{why}");
}

/// A certificate that was renewed counts from the next connection on.
#[tokio::test]
async fn files_are_read_again_for_each_connection() {
    let files = Files::new();
    let others = Files::new();
    let (address, _) = grpc_server::serve(Some(files.acceptor(false, b"h2")), |_| ok(b"")).await;
    let mut config = config(Protocol::Grpc, &format!("https://localhost:{}", address.port()));
    let roots = others.path("roots.pem");
    fs::copy(others.path("ca.pem"), &roots).unwrap();
    config.tls.ca_file = Some(roots.clone());
    let exporter = exporter(config);
    assert!(attempt(&exporter, Protocol::Grpc).await.starts_with("`connect`"));
    fs::copy(files.path("ca.pem"), &roots).unwrap();
    assert_eq!(attempt(&exporter, Protocol::Grpc).await, "delivered");
}
