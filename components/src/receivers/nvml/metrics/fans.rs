// SPDX-License-Identifier: Apache-2.0
//! Fans, where there are any.

use tracecore_schema::Gauge;

super::of_a_gpu! {
    /// Fans.
    Fans {
        /// Speed that is asked of a fan, as a share of its highest.
        speed: Gauge<f64> = "hw.fan.speed_ratio", "1", by "hw.type", "tracecore.gpu.fan.index"
            => "nvmlDeviceGetNumFans, nvmlDeviceGetFanSpeed_v2" if "boards with fans";
    }
}
