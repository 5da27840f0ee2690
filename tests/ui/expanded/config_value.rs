// SPDX-License-Identifier: Apache-2.0
const _: () = {
    const VARIANTS: &[::tracecore_schema::private::Variant] = &[
        ::tracecore_schema::private::Variant { name: "loud", help: "Not very.", path: "Volume::Loud" },
        ::tracecore_schema::private::Variant { name: "very_loud", help: "", path: "Volume::VeryLoud" },
    ];
    const fn row(value: &Volume) -> ::tracecore_schema::private::Variant {
        VARIANTS[match value {
            Volume::Loud => 0usize,
            Volume::VeryLoud => 1usize,
        }]
    }
    #[automatically_derived]
    impl ::tracecore_schema::Scalar for Volume {
        fn expected() -> ::std::string::String {
            ::tracecore_schema::private::of_variants(VARIANTS)
        }
        fn parse(
            text: &::tracecore_schema::Text,
        ) -> ::core::result::Result<Self, ::tracecore_schema::Invalid> {
            ::tracecore_schema::private::parse_variant(text, VARIANTS, [Volume::Loud, Volume::VeryLoud])
        }
        fn literal(&self) -> ::tracecore_schema::Literal {
            ::tracecore_schema::Literal::Local(::std::borrow::ToOwned::to_owned(row(self).path))
        }
        fn json_schema() -> ::tracecore_schema::private::serde_json::Value {
            ::tracecore_schema::private::variants_schema(VARIANTS)
        }
        fn show(&self) -> ::std::string::String {
            ::std::borrow::ToOwned::to_owned(row(self).name)
        }
    }
};
