// SPDX-License-Identifier: Apache-2.0
//! The events that are counted, by the library's bit for each.
//!
//! Changes of the performance state are left out: they are no errors, come many a second, and
//! the state itself is a metric.

use nvml_wrapper_sys::bindings as nvml;

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// The library's bit.
    pub(super) bit: u64,
    /// What the attribute `tracecore.gpu.event` says.
    pub(super) name: &'static str,
}

const fn kind(bit: u32, name: &'static str) -> Kind {
    Kind { bit: bit as u64, name }
}

/// The bit of an Xid.
pub(super) const XID: u64 = nvml::nvmlEventTypeXidCriticalError as u64;

/// Every kind that is counted.
pub(super) const KINDS: [Kind; 13] = [
    kind(nvml::nvmlEventTypeXidCriticalError, "xid"),
    kind(nvml::nvmlEventTypeSingleBitEccError, "single_bit_ecc_error"),
    kind(nvml::nvmlEventTypeDoubleBitEccError, "double_bit_ecc_error"),
    kind(nvml::nvmlEventTypeSingleBitEccErrorStorm, "single_bit_ecc_error_storm"),
    kind(nvml::nvmlEventTypeDramRetirementEvent, "dram_retirement"),
    kind(nvml::nvmlEventTypeDramRetirementFailure, "dram_retirement_failure"),
    kind(nvml::nvmlEventTypeNonFatalPoisonError, "poison_error"),
    kind(nvml::nvmlEventTypeFatalPoisonError, "fatal_poison_error"),
    kind(nvml::nvmlEventTypeGpuUnavailableError, "gpu_unavailable"),
    kind(nvml::nvmlEventTypeGpuRecoveryAction, "recovery_action_change"),
    kind(nvml::nvmlEventMigConfigChange, "mig_config_change"),
    kind(nvml::nvmlEventTypePowerSourceChange, "power_source_change"),
    kind(nvml::nvmlEventTypeClock, "clock_change"),
];

/// The bits of all of them.
pub(super) const WANTED: u64 = {
    let (mut bits, mut at) = (0, 0);
    while at < KINDS.len() {
        bits |= KINDS[at].bit;
        at += 1;
    }
    bits
};

#[cfg(test)]
mod tests {
    use super::{KINDS, WANTED, XID};

    #[test]
    fn every_kind_has_one_bit_of_its_own() {
        assert!(KINDS.iter().all(|kind| kind.bit.is_power_of_two()));
        assert_eq!(WANTED.count_ones() as usize, KINDS.len());
        assert_eq!((KINDS[0].bit, XID), (8, 8));
        assert_eq!(WANTED & 4, 0, "performance states");
    }
}
