// SPDX-License-Identifier: Apache-2.0
//! The catalogue of Xid codes: what NVIDIA says is to be done at once when its driver reports one.
//!
//! Two receivers count Xids (`nvml` from the library, `kernelevents` from the kernel's log) and
//! must agree letter by letter, so what they share stands here and nowhere else.
//!
//! Tools disagree on how bad a code is. So this says what is to be done and by which version of
//! the catalogue; how bad that is decides the operator. Invariant: a code that the catalogue does
//! not know is [`Action::Unspecified`], never an error and never dropped.

mod catalogue;
#[cfg(test)]
mod tests;

pub use catalogue::{ALARMING, CATALOGUE_VERSION, action};

use tracecore_schema::ConfigValue;

/// The metric that counts Xids. Both receivers declare it with these words.
pub const METRIC: &str = "tracecore.gpu.xid.errors";
/// The attribute that holds the code, a whole number.
pub const CODE: &str = "tracecore.gpu.xid.code";
/// The attribute that holds the [`Action`]'s name.
pub const ACTION: &str = "tracecore.gpu.xid.action";
/// The attribute that says where the Xid was read: `nvml` or `kernel`.
pub const SOURCE: &str = "source";

/// What NVIDIA says is to be done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ConfigValue)]
pub enum Action {
    /// Reset the GPU.
    ResetGpu,
    /// Restart the machine.
    RestartMachine,
    /// Follow the workflow that NVIDIA describes for this code.
    Workflow,
    /// Contact support.
    ContactSupport,
    /// Restart the application.
    RestartApplication,
    /// Check the mechanics: power cables, seating.
    CheckMechanics,
    /// Update driver or firmware.
    UpdateSoftware,
    /// Restart the virtual machine.
    RestartVm,
    /// Look at the UVM driver's messages.
    CheckUvm,
    /// Nothing: it informs, or it follows from another.
    Ignore,
    /// The catalogue says nothing of this code.
    Unspecified,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 11] = [
        Self::ResetGpu,
        Self::RestartMachine,
        Self::Workflow,
        Self::ContactSupport,
        Self::RestartApplication,
        Self::CheckMechanics,
        Self::UpdateSoftware,
        Self::RestartVm,
        Self::CheckUvm,
        Self::Ignore,
        Self::Unspecified,
    ];

    /// As attributes and pipeline files write it: `reset_gpu`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResetGpu => "reset_gpu",
            Self::RestartMachine => "restart_machine",
            Self::Workflow => "workflow",
            Self::ContactSupport => "contact_support",
            Self::RestartApplication => "restart_application",
            Self::CheckMechanics => "check_mechanics",
            Self::UpdateSoftware => "update_software",
            Self::RestartVm => "restart_vm",
            Self::CheckUvm => "check_uvm",
            Self::Ignore => "ignore",
            Self::Unspecified => "unspecified",
        }
    }

    /// Whether somebody has to act on the machine: such codes have a series before they happen,
    /// so that `increase()` sees the first.
    #[must_use]
    pub const fn is_alarming(self) -> bool {
        matches!(self, Self::ResetGpu | Self::RestartMachine | Self::Workflow | Self::ContactSupport)
    }
}
