// SPDX-License-Identifier: Apache-2.0
//! Which code calls for which action.
//!
//! Source: NVIDIA's Xid catalogue ("Immediate Action" of each code) as published in 2026, for
//! the driver branch 595, whose codes reach 176. Of 162 to 176 it says nothing yet.

use super::Action;

/// Which edition of NVIDIA's catalogue [`action`] answers from: the year it was published and
/// the driver branch whose codes it lists. Changes whenever an answer changes.
pub const CATALOGUE_VERSION: &str = "2026-595";

/// The codes whose action [is alarming](Action::is_alarming), in order.
pub const ALARMING: &[u32] = &[
    45, 46, 48, 62, 64, 74, 79, 95, 109, 110, 119, 120, 136, 140, 142, 143, 144, 145, 146, 147, 148, 149,
    150, 154, 155, 156, 158,
];

/// What is to be done at once about an Xid.
#[must_use]
pub const fn action(code: u32) -> Action {
    match code {
        46 | 62 | 64 | 95 | 109 | 110 | 119 | 120 | 136 | 140 | 143 | 155 | 156 | 158 => Action::ResetGpu,
        79 => Action::RestartMachine,
        45 | 48 | 74 | 144..=150 | 154 => Action::Workflow,
        142 => Action::ContactSupport,
        8
        | 11
        | 13
        | 25
        | 31
        | 32
        | 39..=41
        | 60
        | 68..=72
        | 75..=77
        | 80
        | 82..=86
        | 88
        | 89
        | 94
        | 96..=105
        | 126..=135
        | 139 => Action::RestartApplication,
        54 => Action::CheckMechanics,
        78 => Action::UpdateSoftware,
        151 => Action::RestartVm,
        159 => Action::CheckUvm,
        14
        | 37
        | 38
        | 43
        | 44
        | 63
        | 66
        | 67
        | 92
        | 93
        | 106..=108
        | 121
        | 137
        | 141
        | 152
        | 153
        | 157
        | 160
        | 161 => Action::Ignore,
        _ => Action::Unspecified,
    }
}
