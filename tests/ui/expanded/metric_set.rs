// SPDX-License-Identifier: Apache-2.0
const _: () = {
    struct __Beats;
    #[automatically_derived]
    impl ::tracecore_schema::private::MetricField for __Beats {
        type Family = Counter<u64>;
        const WORDS: (&'static str, &'static str, &'static str, &'static [&'static str]) =
            ("heart.beats", "{beat}", "Beats since the start.", &["heart.id"]);
    }
    #[automatically_derived]
    impl ::tracecore_schema::MetricSet for Beats {
        const DESCRIPTORS: &'static [::tracecore_schema::Descriptor] = {
            static DESCRIPTORS: &[::tracecore_schema::Descriptor] =
                &[::tracecore_schema::private::described::<__Beats>()];
            DESCRIPTORS
        };
        fn handles() -> Self {
            Self { beats: ::tracecore_schema::private::handle::<__Beats>(&Self::DESCRIPTORS[0usize]) }
        }
    }
};
