// SPDX-License-Identifier: Apache-2.0
#[doc = r" A sink."]
#[derive(Debug)]
pub struct Sink;
#[doc = "What [`Sink`] reports when something goes wrong."]
#[derive(
    :: core :: clone :: Clone,
    :: core :: marker :: Copy,
    :: core :: fmt :: Debug,
    :: core :: cmp :: PartialEq,
    :: core :: cmp :: Eq,
)]
#[allow(dead_code, reason = "the runtime reports some kinds by itself")]
pub enum SinkKind {
    #[doc = "`init`"]
    Init,
    #[doc = "`panic`"]
    Panic,
}
#[automatically_derived]
impl ::tracecore_runtime::private::ErrorKind for SinkKind {
    const NAMES: &'static [&'static str] = &["init", "panic"];
    const INIT: Self = Self::Init;
    fn index(self) -> usize {
        self as usize
    }
}
#[automatically_derived]
impl ::tracecore_runtime::private::Declared for Sink {
    type Config = SinkConfig;
    type Kind = SinkKind;
}
const _: () = ::tracecore_runtime::private::assert_role::<Sink>(::tracecore_runtime::private::Role::Exporter);
#[automatically_derived]
impl ::tracecore_runtime::private::Exports for Sink {
    type Mode = ::tracecore_runtime::private::StreamMode<Self>;
}
const _: () = {
    #[allow(unused_imports, reason = "of what is not here")]
    use ::tracecore_runtime::private::Otherwise as _;
    ::tracecore_runtime::private::assert_encodes::<Sink>([
        <::tracecore_runtime::private::Encoded<Sink, ::tracecore_runtime::private::Metrics>>::HERE,
        <::tracecore_runtime::private::Encoded<Sink, ::tracecore_runtime::private::Logs>>::HERE,
    ])
};
