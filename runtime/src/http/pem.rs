// SPDX-License-Identifier: Apache-2.0
//! Certificates and keys from files, with errors that name the file.

use std::io;
use std::path::Path;

use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificates in a file: at least one.
///
/// # Errors
///
/// The file cannot be read, or there is none in it.
pub fn certificates(file: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let unread = |why: &pem::Error| unread(file, "certificate", why);
    let found = CertificateDer::pem_file_iter(file).map_err(|why| unread(&why))?;
    let found = found.collect::<Result<Vec<_>, _>>().map_err(|why| unread(&why))?;
    if found.is_empty() { Err(unread(&pem::Error::NoItemsFound)) } else { Ok(found) }
}

/// The private key in a file.
///
/// # Errors
///
/// The file cannot be read, or there is none in it.
pub fn private_key(file: &Path) -> io::Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(file).map_err(|why| unread(file, "private key", &why))
}

fn unread(file: &Path, what: &str, why: &pem::Error) -> io::Error {
    match why {
        pem::Error::Io(error) => {
            io::Error::new(error.kind(), format!("cannot read {}: {error}", file.display()))
        }
        pem::Error::NoItemsFound => wrong(file, &format!("there is no {what} in it, expected PEM")),
        why => wrong(file, &format!("no {what} as PEM: {why}")),
    }
}

/// The file is of no use.
#[must_use]
pub fn wrong(file: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()))
}
