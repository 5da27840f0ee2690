// SPDX-License-Identifier: Apache-2.0
//! Encryption. Files are read when the exporter is opened, so that a mistake shows at once, and
//! again for each connection: a certificate that was renewed counts from the next one on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto, version};
use tracecore_runtime::http::pem::{certificates, private_key, wrong};
use tracecore_schema::telemetry::TlsVersion;

use crate::exporters::otlp::config::{Config, Protocol};

/// How connections are encrypted.
pub(super) struct Tls {
    /// The system's, unless a file says who is trusted.
    roots: Option<Arc<RootCertStore>>,
    ca_file: Option<PathBuf>,
    client: Option<(PathBuf, PathBuf)>,
    name: ServerName<'static>,
    min_version: TlsVersion,
    /// What is spoken within.
    alpn: &'static [u8],
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// One is of no use; the message names it.
    pub(super) fn open(config: &Config) -> Result<Self, String> {
        let tls = &config.tls;
        let name = tls.server_name.as_deref().unwrap_or_else(|| config.endpoint.host()).to_owned();
        let found = Self {
            roots: if tls.ca_file.is_some() { None } else { Some(Arc::new(system()?)) },
            ca_file: tls.ca_file.clone(),
            client: tls.cert_file.clone().zip(tls.key_file.clone()),
            name: ServerName::try_from(name.clone())
                .map_err(|_| format!("`{name}` is no name of a server"))?,
            min_version: tls.min_version,
            alpn: if config.protocol == Protocol::Grpc { b"h2" } else { b"http/1.1" },
        };
        found.config().map_err(|error| format!("`tls`: {error}"))?;
        Ok(found)
    }

    /// Encrypts a connection.
    ///
    /// # Errors
    ///
    /// A file is of no use by now, or the two sides do not agree.
    pub(super) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let connector = TlsConnector::from(Arc::new(self.config()?));
        connector.connect(self.name.clone(), stream).await
    }

    fn config(&self) -> io::Result<ClientConfig> {
        let roots = match (&self.roots, &self.ca_file) {
            (Some(roots), _) => Arc::clone(roots),
            (None, Some(file)) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(file)? {
                    roots
                        .add(certificate)
                        .map_err(|why| wrong(file, &format!("no root certificate: {why}")))?;
                }
                Arc::new(roots)
            }
            (None, None) => Arc::new(RootCertStore::empty()),
        };
        let versions: &[_] = match self.min_version {
            TlsVersion::Tls12 => &[&version::TLS12, &version::TLS13],
            TlsVersion::Tls13 => &[&version::TLS13],
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .map_err(io::Error::other)?
            .with_root_certificates(roots);
        let mut config = match &self.client {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
                .map_err(|why| wrong(certificate, &format!("with the key {}: {why}", key.display())))?,
        };
        config.alpn_protocols = vec![self.alpn.to_vec()];
        Ok(config)
    }
}

/// The system's root certificates. Those that rustls cannot read are left out: systems ship
/// such, and nobody is signed by them.
fn system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(format!(
            "`tls`: this system has no root certificates{why}: install them (`ca-certificates`), or name \
             those to trust in `tls.ca_file`"
        ));
    }
    Ok(roots)
}
