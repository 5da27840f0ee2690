// SPDX-License-Identifier: Apache-2.0
//! What every exported function has in common.

/// Exports functions of the C ABI: `name(arguments) = what it does;`, where the
/// right side is a `Result<(), SimError>` and may use `?`. What exports them is
/// `no_mangle`, whatever their visibility in Rust.
///
/// Each one is compared with the type that `nvml-wrapper-sys` has for its
/// symbol, and none lets a panic out. A module that uses this has an `enter`
/// that puts its functions into a table.
macro_rules! export {
    ($($name:ident($($argument:ident: $type:ty),*) = $body:expr;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "` of the simulated GPUs.")]
            ///
            /// # Safety
            /// As in C: each pointer is null, or valid for what the function reads or writes there.
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "C" fn $name(
                $($argument: $type),*
            ) -> nvml_wrapper_sys::bindings::nvmlReturn_t {
                $crate::boundary::guard(|| {
                    // SAFETY: the caller's contract is what the helpers of `boundary` ask for.
                    #[allow(unused_unsafe, reason = "not every function has a pointer")]
                    unsafe {
                        $body
                    }
                })
            }

        )*

        /// Puts those functions of this module into a table that the driver has.
        pub(crate) fn enter(
            table: &mut nvml_wrapper_sys::bindings::NvmlLib,
            has: &dyn Fn(&str) -> bool,
        ) {
            $(
                if has(stringify!($name)) {
                    table.$name = Ok($name);
                }
            )*
        }
    };
}
