// SPDX-License-Identifier: Apache-2.0
//! Power and energy.

use tracecore_schema::{Counter, Gauge};

super::of_a_gpu! {
    /// Power and energy.
    Power {
        /// Power that the GPU draws.
        draw: Gauge<f64> = "hw.power", "W", by "hw.type";
        /// Power that the GPU may draw: `enforced` is the least of all limits.
        limit: Gauge<f64> = "tracecore.gpu.power.limit", "W", by "hw.limit_type";
        /// Energy that the GPU has used since the driver was loaded.
        energy: Counter<f64> = "hw.energy", "J", by "hw.type";
    }
}
