// SPDX-License-Identifier: Apache-2.0
//! What it emits: OpenTelemetry's hardware conventions (1.44, status Development) where they
//! have a name, `tracecore.gpu.*` in the same style where they have none. A file for each group.
//!
//! Base units throughout: W, J, Cel, Hz, By, s, and ratios from 0 to 1.

use tracecore_schema::{Descriptor, MetricSet};

mod dcgm;

/// Where a metric comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The metric's name.
    pub metric: &'static str,
    /// The library's function, or the field that it is asked for.
    pub call: &'static str,
    /// The driver and the chip that it takes, beyond any that is still supported.
    pub needs: &'static str,
}

/// Every series is about one GPU, or an instance on one, and carries what names it; the list
/// stands here once.
macro_rules! of_a_gpu {
    ($(#[doc = $set_doc:literal])* $set:ident { $(
        $(#[doc = $doc:literal])*
        $field:ident: $ty:ty = $name:tt, $unit:tt $(, by $($own:tt),+)?
            $(=> $call:literal $(if $needs:literal)?)? $(also $spellings:ident)?;
    )* }) => {
        $(#[doc = $set_doc])*
        #[derive(Clone, Copy, Debug, tracecore_schema::MetricSet)]
        pub struct $set {
            $(
                $(#[doc = $doc])*
                #[metric(
                    name = $name,
                    unit = $unit,
                    attributes(
                        "hw.id",
                        "hw.name",
                        "hw.model",
                        "hw.vendor",
                        "hw.serial_number",
                        "hw.driver_version",
                        "hw.firmware_version",
                        "hw.parent",
                        "tracecore.gpu.mig.profile",
                        "tracecore.gpu.mig.gpu_instance.id",
                        "tracecore.gpu.mig.compute_instance.id"
                        $($(, $own)+)?
                    )
                    $(, spellings = $crate::receivers::nvml::metrics::dcgm::$spellings)?
                )]
                pub $field: $ty,
            )*
        }

        impl $set {
            /// Where its metrics come from.
            pub const ORIGINS: &'static [$crate::receivers::nvml::metrics::Origin] = &[
                $($($crate::receivers::nvml::metrics::Origin {
                    metric: $name,
                    call: $call,
                    needs: concat!($($needs)?),
                },)?)*
            ];
        }
    };
}

/// A set of sets.
macro_rules! sets {
    ($(#[doc = $doc:literal] $file:ident: $set:ident,)*) => {
        $(mod $file;)*
        $(pub use $file::$set;)*

        /// The metrics of a GPU.
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct Metrics {
            $(#[doc = $doc] pub $file: $set,)*
        }

        impl Metrics {
            /// Where each metric comes from, in the order of declaration.
            pub fn origins() -> impl Iterator<Item = &'static Origin> {
                [$($set::ORIGINS),*].into_iter().flatten()
            }
        }

        impl MetricSet for Metrics {
            const DESCRIPTORS: &'static [Descriptor] = {
                const ALL: &[&[Descriptor]] = &[$($set::DESCRIPTORS),*];
                static JOINED: [Descriptor; length(ALL)] = joined(ALL);
                &JOINED
            };

            fn handles() -> Self {
                Self { $($file: $set::handles(),)* }
            }
        }
    };
}

sets! {
    /// How busy it is.
    utilization: Utilization,
    /// Memory.
    memory: Memory,
    /// Power and energy.
    power: Power,
    /// Temperatures.
    temperature: Temperature,
    /// Clocks.
    clocks: Clocks,
    /// Why clocks are held back.
    clock_events: ClockEvents,
    /// Fans.
    fans: Fans,
    /// Memory errors.
    ecc: Ecc,
    /// Memory that was taken out of use.
    repair: Repair,
    /// PCI Express.
    pcie: Pcie,
    /// NVLink.
    nvlink: Nvlink,
    /// MIG.
    mig: Mig,
    /// The NVLink fabric.
    fabric: Fabric,
    /// Whether it is well.
    health: Health,
    /// Critical events.
    events: Events,
    /// How busy its parts are.
    gpm: Gpm,
    /// Peaks between readings.
    peaks: Peaks,
    /// What single processes use of it.
    processes: Processes,
    /// That it is there, and where.
    info: Info,
}

const fn length(sets: &[&[Descriptor]]) -> usize {
    let (mut length, mut at) = (0, 0);
    while at < sets.len() {
        length += sets[at].len();
        at += 1;
    }
    length
}

const fn joined<const N: usize>(sets: &[&[Descriptor]]) -> [Descriptor; N] {
    let mut joined = [sets[0][0]; N];
    let (mut to, mut set) = (0, 0);
    while set < sets.len() {
        let mut from = 0;
        while from < sets[set].len() {
            joined[to] = sets[set][from];
            to += 1;
            from += 1;
        }
        set += 1;
    }
    joined
}

use of_a_gpu;
