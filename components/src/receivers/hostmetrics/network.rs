// SPDX-License-Identifier: Apache-2.0
//! `/proc/net/dev`: network interfaces.

use procfs::FromBufRead;
use procfs::net::{DeviceStatus, InterfaceDeviceStatus};
use tracecore_runtime::{Batch, Registrar, ScopeId, Slot};

use super::Metrics;
use super::scrape::{Fault, Host, Scrape, attribute};
use super::source::Source;

/// Reads `/proc/net/dev`.
#[derive(Debug)]
pub(super) struct Network {
    dev: Source,
    interfaces: Vec<Interface>,
}

#[derive(Debug)]
struct Interface {
    name: String,
    scope: ScopeId,
    /// Received and transmitted.
    ways: [Way; 2],
}

#[derive(Debug)]
struct Way {
    io: Slot<u64>,
    packets: Slot<u64>,
    errors: Slot<u64>,
    dropped: Slot<u64>,
}

impl Scrape for Network {
    fn open(host: &Host<'_>) -> Option<Self> {
        let dev = Source::find(host.namespaced("net/dev"))?;
        Some(Self { dev, interfaces: Vec::new() })
    }

    fn discover(&mut self, series: &mut Registrar<'_, Metrics>) -> Result<(), Fault> {
        let now = self.read()?;
        self.interfaces.retain(|interface| {
            let stays = now.contains_key(&interface.name);
            if !stays {
                series.retire_scope(interface.scope);
            }
            stays
        });
        let mut names: Vec<String> = now.into_keys().collect();
        names.sort_unstable();
        for name in names {
            if !self.interfaces.iter().any(|interface| interface.name == name) {
                self.interfaces.push(Interface::begin(name, series));
            }
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Batch) -> Result<(), Fault> {
        let now = self.read()?;
        let mut found = 0;
        for interface in &self.interfaces {
            if let Some(status) = now.get(&interface.name) {
                interface.set(status, out);
                found += 1;
            }
        }
        if found != now.len() || found != self.interfaces.len() {
            out.rediscover();
        }
        Ok(())
    }
}

impl Network {
    fn read(&mut self) -> Result<std::collections::HashMap<String, DeviceStatus>, Fault> {
        self.dev.read()?;
        let InterfaceDeviceStatus(now) =
            InterfaceDeviceStatus::from_buf_read(self.dev.bytes()).map_err(|why| self.dev.malformed(why))?;
        Ok(now)
    }
}

impl Interface {
    fn begin(name: String, series: &mut Registrar<'_, Metrics>) -> Self {
        let scope = series.scope(attribute("network.interface.name", &name));
        let ways = ["receive", "transmit"].map(|way| {
            let way = || attribute("network.io.direction", way);
            Way {
                io: series.begin_in(scope, |m| m.network_io, way()),
                packets: series.begin_in(scope, |m| m.network_packets, way()),
                errors: series.begin_in(scope, |m| m.network_errors, way()),
                dropped: series.begin_in(scope, |m| m.network_dropped, way()),
            }
        });
        Self { name, scope, ways }
    }

    fn set(&self, status: &DeviceStatus, out: &mut Batch) {
        let received = [status.recv_bytes, status.recv_packets, status.recv_errs, status.recv_drop];
        let sent = [status.sent_bytes, status.sent_packets, status.sent_errs, status.sent_drop];
        for (way, [io, packets, errors, dropped]) in self.ways.iter().zip([received, sent]) {
            out.set(way.io, io);
            out.set(way.packets, packets);
            out.set(way.errors, errors);
            out.set(way.dropped, dropped);
        }
    }
}
