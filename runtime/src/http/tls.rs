// SPDX-License-Identifier: Apache-2.0
//! Encryption: certificates from files, read again when somebody says so (contract H12).
//!
//! rustls with ring: no OpenSSL to keep up with, and no compiler but gcc. A connection keeps the
//! certificates that it began with; the next one has the new ones.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{Error, RootCertStore, ServerConfig, crypto, version};
use tracecore_schema::telemetry::TlsVersion;

use super::pem::{certificates, private_key, wrong};

/// Where certificates are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate and those between it and its root, as PEM.
    pub certificate: PathBuf,
    /// The key that belongs to it, as PEM.
    pub key: PathBuf,
    /// Who signs clients' certificates, as PEM; without it, clients need none.
    pub client_ca: Option<PathBuf>,
    /// The oldest version of TLS that is spoken.
    pub min_version: TlsVersion,
}

/// Certificates in use. Clones share them.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: TlsFiles,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// One of them cannot be read or is of no use; the message names it.
    pub fn load(files: TlsFiles) -> io::Result<Self> {
        let config = ArcSwap::from_pointee(read(&files)?);
        Ok(Self(Arc::new(Inner { files, config })))
    }

    /// Reads the files again; connections from now on have what they hold. May block on the
    /// file system.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load); what was in use before stays in use.
    pub fn reload(&self) -> io::Result<()> {
        self.0.config.store(Arc::new(read(&self.0.files)?));
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.config.load_full())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.0.files).finish_non_exhaustive()
    }
}

fn read(files: &TlsFiles) -> io::Result<ServerConfig> {
    let provider = Arc::new(crypto::ring::default_provider());
    let versions: &[_] = match files.min_version {
        TlsVersion::Tls12 => &[&version::TLS12, &version::TLS13],
        TlsVersion::Tls13 => &[&version::TLS13],
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(io::Error::other)?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|why| wrong(file, &format!("no root certificate: {why}")))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|why| wrong(file, &why.to_string()))?)
        }
    };
    let key = private_key(&files.key)?;
    let mut config =
        builder.with_single_cert(certificates(&files.certificate)?, key).map_err(|why| match why {
            Error::InconsistentKeys(_) => {
                let certificate = files.certificate.display();
                wrong(&files.key, &format!("this key does not belong to the certificate in {certificate}"))
            }
            why => wrong(&files.certificate, &why.to_string()),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
