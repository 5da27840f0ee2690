// SPDX-License-Identifier: Apache-2.0
#[doc = r" A heart."]
#[derive(Debug)]
pub struct Heartbeat {
    beats: u64,
}
#[doc = "What [`Heartbeat`] reports when something goes wrong."]
#[derive(
    :: core :: clone :: Clone,
    :: core :: marker :: Copy,
    :: core :: fmt :: Debug,
    :: core :: cmp :: PartialEq,
    :: core :: cmp :: Eq,
)]
#[allow(dead_code, reason = "the runtime reports some kinds by itself")]
pub enum HeartbeatKind {
    #[doc = "`read`"]
    Read,
    #[doc = "`arrhythmia`"]
    Arrhythmia,
    #[doc = "`init`"]
    Init,
    #[doc = "`panic`"]
    Panic,
    #[doc = "`downstream`"]
    Downstream,
    #[doc = "`cardinality`"]
    Cardinality,
}
#[automatically_derived]
impl ::tracecore_runtime::private::ErrorKind for HeartbeatKind {
    const NAMES: &'static [&'static str] =
        &["read", "arrhythmia", "init", "panic", "downstream", "cardinality"];
    const INIT: Self = Self::Init;
    fn index(self) -> usize {
        self as usize
    }
}
#[automatically_derived]
impl ::tracecore_runtime::private::Declared for Heartbeat {
    type Config = HeartConfig;
    type Kind = HeartbeatKind;
}
const _: () =
    ::tracecore_runtime::private::assert_role::<Heartbeat>(::tracecore_runtime::private::Role::Receiver);
#[automatically_derived]
impl ::tracecore_runtime::private::Emits for Heartbeat {
    type Metrics = Beats;
    type Out = ::tracecore_runtime::private::Out<Self>;
}
const _: () = ::tracecore_runtime::private::assert_metrics::<Heartbeat>();
