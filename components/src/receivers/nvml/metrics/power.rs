// SPDX-License-Identifier: Apache-2.0
//! Power and energy.

use tracecore_schema::{Counter, Gauge};

super::of_a_gpu! {
    /// Power and energy.
    Power {
        /// Power that the GPU draws. Since Ampere an average over a second (GA100 excepted),
        /// before that of the moment.
        draw: Gauge<f64> = "hw.power", "W", by "hw.type" => "nvmlDeviceGetPowerUsage"
            also POWER;
        /// Power that the GPU draws, averaged over a second.
        average: Gauge<f64> = "tracecore.gpu.power.average", "W"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_POWER_AVERAGE)" if "driver 530, Ampere";
        /// Power that the GPU draws at this moment.
        instant: Gauge<f64> = "tracecore.gpu.power.instant", "W"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_POWER_INSTANT)" if "driver 530, Ampere";
        /// Power that the GPU may draw: `enforced` is the least of all limits, `requested` what was
        /// set by hand, `default` what it starts with, `min` and `max` what can be set.
        limit: Gauge<f64> = "tracecore.gpu.power.limit", "W", by "hw.limit_type"
            => "nvmlDeviceGetEnforcedPowerLimit, nvmlDeviceGetPowerManagementLimit, nvmlDeviceGetPowerManagementDefaultLimit, nvmlDeviceGetPowerManagementLimitConstraints"
            also POWER_LIMIT;
        /// Energy that the GPU has used since the driver was loaded.
        energy: Counter<f64> = "hw.energy", "J", by "hw.type"
            => "nvmlDeviceGetTotalEnergyConsumption" if "Volta"
            also ENERGY;
    }
}
