// SPDX-License-Identifier: Apache-2.0
//! Receivers: what reads.

pub mod clock;
pub mod hostmetrics;
pub mod kernelevents;
pub mod nvml;
pub mod xid;
