// SPDX-License-Identifier: Apache-2.0
//! Everything that is read of one GPU: the groups, each with its switch.

use tracecore_runtime::Batch;

use super::Config;
use super::code::Code;
use super::config::Groups;
use super::driver::Device;
use super::families::{
    clock_events, clocks, ecc, fabric, fans, health, info, memory, mig, nvlink, pcie, power, repair,
    temperature, utilization,
};
use super::fields::{Fields, Row, Wanted};
use super::gpm::Gpm;
use super::group::{Group, Series, Verdict};
use super::peaks::Peaks;
use super::processes::Processes;
use super::reading::Often;
use super::throughput::Throughput;

/// Whether a group is on.
type Switch = fn(&Groups) -> bool;

/// The fields of each group, and its switch.
const FIELDS: &[(Switch, &[Row])] = &[
    (|groups| groups.power, power::FIELDS),
    (|groups| groups.temperature, temperature::FIELDS),
    (|groups| groups.clock_events, clock_events::FIELDS),
    (|groups| groups.ecc, ecc::FIELDS),
    (|groups| groups.repair, repair::FIELDS),
    (|groups| groups.pcie, pcie::FIELDS),
    (|groups| groups.health, health::FIELDS),
];

macro_rules! readings {
    ($($name:ident: $group:ty $(, if $switch:ident)?;)*) => {
        /// Everything that is read of one GPU.
        #[derive(Debug)]
        pub(super) struct Readings {
            $($name: Option<$group>,)*
        }

        impl Group for Readings {
            fn most(config: &Config) -> usize {
                let groups = &config.groups;
                0 $(+ if true $(&& groups.$switch)? { <$group>::most(config) } else { 0 })*
            }

            fn values(&self, config: &Config) -> usize {
                0 $(+ self.$name.as_ref().map_or(0, |group| group.values(config)))*
            }

            fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
                let groups = &series.config().groups;
                Self { $($name: (true $(&& groups.$switch)?).then(|| Group::begin(device, series)),)* }
            }

            fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
                $(if let Some(group) = &mut self.$name {
                    group.look(device, series);
                })*
            }

            #[inline]
            fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
                $(if let Some(group) = &mut self.$name {
                    group.read(device, out, verdict);
                })*
            }

            fn end(&mut self, series: &mut Series<'_, '_>) {
                $(if let Some(group) = &mut self.$name {
                    group.end(series);
                })*
            }

            fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
                $(if let Some(group) = &self.$name {
                    group.missing(found);
                })*
            }

            fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
                let groups = &config.groups;
                $(if true $(&& groups.$switch)? {
                    <$group>::survey(device, config, found);
                })*
            }
        }
    };
}

readings! {
    utilization: utilization::Utilization, if utilization;
    memory: memory::Memory, if memory;
    power: power::Power, if power;
    temperature: temperature::Temperature, if temperature;
    clocks: clocks::Clocks, if clocks;
    clock_events: clock_events::Active, if clock_events;
    fans: fans::Fans, if fans;
    ecc: ecc::Ecc, if ecc;
    repair: repair::Repair, if repair;
    pcie: pcie::Pcie, if pcie;
    fields: General;
    nvlink: nvlink::Links, if nvlink;
    mig: mig::Mig, if mig;
    fabric: fabric::Fabric, if fabric;
    peaks: Peaks, if peaks;
    gpm: Gpm, if gpm;
    throughput: Throughput, if pcie_throughput;
    processes: Processes;
    // The status is what the readings before it have said.
    status: health::Status, if health;
    // What is asked once comes last: it is there only if the GPU has answered until here.
    power_limits: power::Limits, if power;
    temperature_limits: temperature::Limits, if temperature;
    clock_limits: clocks::Limits, if clocks;
    pcie_limits: pcie::Limits, if pcie;
    info: info::Info, if info;
}

impl Readings {
    /// What is measured between two ticks.
    pub(super) const fn throughput(&mut self) -> Option<&mut Throughput> {
        self.throughput.as_mut()
    }
}

/// The fields of all groups that are on: one call.
#[derive(Debug)]
struct General(Fields);

impl General {
    fn wanted(config: &Config) -> impl Iterator<Item = Wanted> {
        let groups = config.groups.clone();
        let on = FIELDS.iter().filter(move |(switch, _)| switch(&groups));
        on.flat_map(|(_, rows)| rows.iter()).map(|row| Wanted { row, link: None })
    }
}

impl Group for General {
    fn most(config: &Config) -> usize {
        Self::wanted(config).map(|wanted| wanted.row.series()).sum()
    }

    fn values(&self, _: &Config) -> usize {
        self.0.values()
    }

    fn begin(device: &Device, series: &mut Series<'_, '_>) -> Self {
        Self(Fields::begin(Often::EachTick, Self::wanted(series.config()), device, series))
    }

    fn look(&mut self, device: &Device, series: &mut Series<'_, '_>) {
        self.0.look(device, series);
    }

    #[inline]
    fn read(&mut self, device: &Device, out: &mut Batch, verdict: &mut Verdict) {
        self.0.read(device, out, verdict);
    }

    fn missing(&self, found: &mut Vec<(&'static str, Code)>) {
        self.0.missing(found);
    }

    fn survey(device: &Device, config: &Config, found: &mut Vec<(&'static str, Option<Code>)>) {
        Fields::survey(Self::wanted(config), device, found);
    }
}
