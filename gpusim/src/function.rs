// SPDX-License-Identifier: Apache-2.0
//! The library's functions, as rows of the control file.
//!
//! Numbers are written out because they are the file's format: append, never
//! renumber. Number 0 is the row of rules that hold for every function.

macro_rules! functions {
    ($($number:literal $variant:ident $name:literal;)*) => {
        /// A function of the driver library that the simulation knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Function {
            $(#[doc = concat!("`", $name, "`")] $variant = $number,)*
        }

        impl Function {
            /// Every function, in the order of the control file.
            pub const ALL: &[Function] = &[$(Function::$variant,)*];

            /// The symbol's name in the C ABI.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Function::$variant => $name,)*
                }
            }
        }
    };
}

functions! {
    1 Init "nvmlInit_v2";
    2 InitWithFlags "nvmlInitWithFlags";
    3 Shutdown "nvmlShutdown";
    4 SystemGetDriverVersion "nvmlSystemGetDriverVersion";
    5 SystemGetNvmlVersion "nvmlSystemGetNVMLVersion";
    6 SystemGetCudaDriverVersion "nvmlSystemGetCudaDriverVersion";
    7 SystemGetCudaDriverVersionV2 "nvmlSystemGetCudaDriverVersion_v2";
    8 DeviceGetCount "nvmlDeviceGetCount_v2";
    9 DeviceGetHandleByIndex "nvmlDeviceGetHandleByIndex_v2";
    10 DeviceGetHandleByUuid "nvmlDeviceGetHandleByUUID";
    11 DeviceGetHandleByPciBusId "nvmlDeviceGetHandleByPciBusId_v2";
    12 GetUuid "nvmlDeviceGetUUID";
    13 GetName "nvmlDeviceGetName";
    14 GetIndex "nvmlDeviceGetIndex";
    15 GetPciInfo "nvmlDeviceGetPciInfo_v3";
    16 GetSerial "nvmlDeviceGetSerial";
    17 GetMinorNumber "nvmlDeviceGetMinorNumber";
    18 GetUtilizationRates "nvmlDeviceGetUtilizationRates";
    19 GetEncoderUtilization "nvmlDeviceGetEncoderUtilization";
    20 GetDecoderUtilization "nvmlDeviceGetDecoderUtilization";
    21 GetMemoryInfo "nvmlDeviceGetMemoryInfo";
    22 GetMemoryInfoV2 "nvmlDeviceGetMemoryInfo_v2";
    23 GetPowerUsage "nvmlDeviceGetPowerUsage";
    24 GetEnforcedPowerLimit "nvmlDeviceGetEnforcedPowerLimit";
    25 GetPowerManagementLimit "nvmlDeviceGetPowerManagementLimit";
    26 GetPowerManagementDefaultLimit "nvmlDeviceGetPowerManagementDefaultLimit";
    27 GetPowerManagementLimitConstraints "nvmlDeviceGetPowerManagementLimitConstraints";
    28 GetTotalEnergyConsumption "nvmlDeviceGetTotalEnergyConsumption";
    29 GetTemperature "nvmlDeviceGetTemperature";
    30 GetTemperatureThreshold "nvmlDeviceGetTemperatureThreshold";
    31 GetClockInfo "nvmlDeviceGetClockInfo";
    32 GetMaxClockInfo "nvmlDeviceGetMaxClockInfo";
    33 GetPerformanceState "nvmlDeviceGetPerformanceState";
    34 GetFanSpeed "nvmlDeviceGetFanSpeed";
    35 GetFanSpeedV2 "nvmlDeviceGetFanSpeed_v2";
    36 GetNumFans "nvmlDeviceGetNumFans";
    37 GetVbiosVersion "nvmlDeviceGetVbiosVersion";
    38 GetPersistenceMode "nvmlDeviceGetPersistenceMode";
    39 GetComputeMode "nvmlDeviceGetComputeMode";
    40 GetArchitecture "nvmlDeviceGetArchitecture";
    41 GetCudaComputeCapability "nvmlDeviceGetCudaComputeCapability";
    42 GetBrand "nvmlDeviceGetBrand";
    43 GetFieldValues "nvmlDeviceGetFieldValues";
    44 GetBoardPartNumber "nvmlDeviceGetBoardPartNumber";
    45 GetInforomVersion "nvmlDeviceGetInforomVersion";
    46 GetInforomImageVersion "nvmlDeviceGetInforomImageVersion";
    47 GetJpgUtilization "nvmlDeviceGetJpgUtilization";
    48 GetOfaUtilization "nvmlDeviceGetOfaUtilization";
    49 GetBar1MemoryInfo "nvmlDeviceGetBAR1MemoryInfo";
    50 GetTemperatureV "nvmlDeviceGetTemperatureV";
    51 GetCurrentClocksEventReasons "nvmlDeviceGetCurrentClocksEventReasons";
    52 GetCurrentClocksThrottleReasons "nvmlDeviceGetCurrentClocksThrottleReasons";
    53 GetSupportedClocksEventReasons "nvmlDeviceGetSupportedClocksEventReasons";
    54 GetSupportedClocksThrottleReasons "nvmlDeviceGetSupportedClocksThrottleReasons";
    55 GetViolationStatus "nvmlDeviceGetViolationStatus";
    56 GetEccMode "nvmlDeviceGetEccMode";
    57 GetTotalEccErrors "nvmlDeviceGetTotalEccErrors";
    58 GetMemoryErrorCounter "nvmlDeviceGetMemoryErrorCounter";
    59 GetSramEccErrorStatus "nvmlDeviceGetSramEccErrorStatus";
    60 GetRetiredPages "nvmlDeviceGetRetiredPages";
    61 GetRetiredPagesV2 "nvmlDeviceGetRetiredPages_v2";
    62 GetRetiredPagesPendingStatus "nvmlDeviceGetRetiredPagesPendingStatus";
    63 GetRemappedRows "nvmlDeviceGetRemappedRows";
    64 GetRowRemapperHistogram "nvmlDeviceGetRowRemapperHistogram";
    65 GetCurrPcieLinkGeneration "nvmlDeviceGetCurrPcieLinkGeneration";
    66 GetCurrPcieLinkWidth "nvmlDeviceGetCurrPcieLinkWidth";
    67 GetMaxPcieLinkGeneration "nvmlDeviceGetMaxPcieLinkGeneration";
    68 GetMaxPcieLinkWidth "nvmlDeviceGetMaxPcieLinkWidth";
    69 GetPcieReplayCounter "nvmlDeviceGetPcieReplayCounter";
    70 GetPcieThroughput "nvmlDeviceGetPcieThroughput";
    71 GetNvLinkState "nvmlDeviceGetNvLinkState";
    72 GetNvLinkVersion "nvmlDeviceGetNvLinkVersion";
    73 GetNvLinkCapability "nvmlDeviceGetNvLinkCapability";
    74 GetNvLinkErrorCounter "nvmlDeviceGetNvLinkErrorCounter";
    75 GetNvLinkRemotePciInfo "nvmlDeviceGetNvLinkRemotePciInfo_v2";
    76 GetMigMode "nvmlDeviceGetMigMode";
    77 GetMaxMigDeviceCount "nvmlDeviceGetMaxMigDeviceCount";
    78 GetMigDeviceHandleByIndex "nvmlDeviceGetMigDeviceHandleByIndex";
    79 IsMigDeviceHandle "nvmlDeviceIsMigDeviceHandle";
    80 GetGpuInstanceId "nvmlDeviceGetGpuInstanceId";
    81 GetComputeInstanceId "nvmlDeviceGetComputeInstanceId";
    82 GetDeviceHandleFromMigDeviceHandle "nvmlDeviceGetDeviceHandleFromMigDeviceHandle";
    83 GetAttributes "nvmlDeviceGetAttributes_v2";
    84 GetGpuInstanceProfileInfo "nvmlDeviceGetGpuInstanceProfileInfo";
    85 GetComputeRunningProcesses "nvmlDeviceGetComputeRunningProcesses_v3";
    86 GetGraphicsRunningProcesses "nvmlDeviceGetGraphicsRunningProcesses_v3";
    87 GetMpsComputeRunningProcesses "nvmlDeviceGetMPSComputeRunningProcesses_v3";
    88 GetProcessUtilization "nvmlDeviceGetProcessUtilization";
    89 GetProcessesUtilizationInfo "nvmlDeviceGetProcessesUtilizationInfo";
    90 GetGpuFabricInfo "nvmlDeviceGetGpuFabricInfo";
    91 GetGpuFabricInfoV "nvmlDeviceGetGpuFabricInfoV";
    92 GetSamples "nvmlDeviceGetSamples";
    93 GetSupportedEventTypes "nvmlDeviceGetSupportedEventTypes";
    94 RegisterEvents "nvmlDeviceRegisterEvents";
    95 EventSetCreate "nvmlEventSetCreate";
    96 EventSetWait "nvmlEventSetWait_v2";
    97 EventSetFree "nvmlEventSetFree";
    98 SystemEventSetCreate "nvmlSystemEventSetCreate";
    99 SystemRegisterEvents "nvmlSystemRegisterEvents";
    100 SystemEventSetWait "nvmlSystemEventSetWait";
    101 SystemEventSetFree "nvmlSystemEventSetFree";
    102 GpmQueryDeviceSupport "nvmlGpmQueryDeviceSupport";
    103 GpmSampleAlloc "nvmlGpmSampleAlloc";
    104 GpmSampleFree "nvmlGpmSampleFree";
    105 GpmSampleGet "nvmlGpmSampleGet";
    106 GpmMigSampleGet "nvmlGpmMigSampleGet";
    107 GpmMetricsGet "nvmlGpmMetricsGet";
}

impl Function {
    /// The function of this name in the C ABI, for scripts that read names.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// This function's row in the control file.
    pub(crate) const fn row(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn rows_are_dense_and_names_unique() {
        for (position, function) in Function::ALL.iter().enumerate() {
            assert_eq!(function.row(), position + 1, "{}", function.name());
            assert_eq!(Function::by_name(function.name()), Some(*function));
        }
        assert_eq!(Function::by_name("nvmlNoSuchThing"), None);
    }
}
