// SPDX-License-Identifier: Apache-2.0
//! NVLink, each link by itself.

use tracecore_schema::{Counter, Gauge, UpDownCounter};

super::of_a_gpu! {
    /// NVLink.
    Nvlink {
        /// 1 while the link is up, else 0.
        up: UpDownCounter<i64> = "tracecore.gpu.nvlink.up", "1", by "tracecore.gpu.nvlink.link"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_NVLINK_GET_STATE)" if "driver 520";
        /// Version of NVLink, as the driver numbers them.
        version: Gauge<u64> = "tracecore.gpu.nvlink.version", "{version}", by "tracecore.gpu.nvlink.link"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_NVLINK_GET_VERSION)" if "driver 520";
        /// Speed of the link in one direction.
        speed: Gauge<f64> = "tracecore.gpu.nvlink.speed", "By/s", by "tracecore.gpu.nvlink.link"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_NVLINK_GET_SPEED)" if "driver 520";
        /// Payload that went over the link since the driver was loaded: `receive`, `transmit`.
        io: Counter<f64> = "tracecore.gpu.nvlink.io", "By",
            by "tracecore.gpu.nvlink.link", "network.io.direction"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX)"
            if "Ampere";
        /// What went wrong on the link, by kind: `replay`, `recovery`, `crc`, and on NVLink 5
        /// `malformed_packet`, `buffer_overrun`, `receive`, `remote`, `general`, `integrity`,
        /// `discard`, `recovery_failed`, `effective`, `symbol`.
        errors: Counter<u64> = "tracecore.gpu.nvlink.errors", "{error}",
            by "tracecore.gpu.nvlink.link", "error.type"
            => "nvmlDeviceGetFieldValues(NVML_FI_DEV_NVLINK_ERROR_DL_*, NVML_FI_DEV_NVLINK_COUNT_*)"
            if "driver 520; NVLink 5: driver 570, Blackwell";
        /// Always 1 while the link is known; its attribute says what is at the other end.
        remote: Gauge<u64> = "tracecore.gpu.nvlink.info", "{link}",
            by "tracecore.gpu.nvlink.link", "tracecore.gpu.nvlink.remote.pci.address"
            => "nvmlDeviceGetNvLinkRemotePciInfo_v2";
    }
}
