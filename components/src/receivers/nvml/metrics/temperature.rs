// SPDX-License-Identifier: Apache-2.0
//! Temperatures, and those at which something happens.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// Temperatures.
    Temperature {
        /// Temperature of the die (`gpu`) and of the memory (`memory`).
        now: Gauge<f64> = "hw.temperature", "Cel", by "hw.sensor_location"
            => "nvmlDeviceGetTemperature, nvmlDeviceGetFieldValues(NVML_FI_DEV_MEMORY_TEMP)"
            if "`memory`: boards with HBM"
            also TEMPERATURE;
        /// Temperature at which something happens: `max` (clocks boost no more), `high.degraded`
        /// (the GPU slows down), `high.critical` (it switches itself off).
        limit: Gauge<f64> = "hw.temperature.limit", "Cel", by "hw.sensor_location", "hw.limit_type"
            => "nvmlDeviceGetTemperatureThreshold" if "`memory`: boards with HBM";
    }
}
