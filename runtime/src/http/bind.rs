// SPDX-License-Identifier: Apache-2.0
//! Listening on a host and a port. Happens at start-up, before anything is served.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use tracecore_schema::Listen;

/// Listens on the first address of the host that this machine has, IPv4 first. An address that
/// somebody else listens on is an error, not a reason to try the next: otherwise a second
/// collector would start on `[::1]` beside the first on `127.0.0.1`, and nobody would notice.
///
/// # Errors
///
/// None of the addresses can be listened on; the message names `listen`.
pub fn bind(listen: &Listen) -> io::Result<TcpListener> {
    let failed = |kind, why: &str| io::Error::new(kind, format!("cannot listen on {listen}: {why}"));
    let mut addresses: Vec<SocketAddr> = (listen.host(), listen.port())
        .to_socket_addrs()
        .map_err(|error| failed(error.kind(), &format!("cannot resolve the host: {error}")))?
        .collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    bind_first(&addresses).map_err(|error| match error {
        None => failed(io::ErrorKind::AddrNotAvailable, "the host has no address"),
        Some((address, error)) => {
            let why = match error.kind() {
                io::ErrorKind::AddrInUse => "address in use".to_owned(),
                io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
                _ => error.to_string(),
            };
            let named = address.ip().to_string() == listen.host();
            failed(error.kind(), &if named { why } else { format!("{why} ({address})") })
        }
    })
}

fn bind_first(addresses: &[SocketAddr]) -> Result<TcpListener, Option<(SocketAddr, io::Error)>> {
    let mut first = None;
    for address in addresses {
        match TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        }) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(Some((*address, error))),
            Err(error) => first = first.or(Some((*address, error))),
        }
    }
    Err(first)
}
