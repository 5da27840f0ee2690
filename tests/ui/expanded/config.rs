// SPDX-License-Identifier: Apache-2.0
const _: () = {
    struct __Interval;
    #[automatically_derived]
    impl ::tracecore_schema::private::Member for __Interval {
        type Owner = HeartConfig;
        type Type = Duration;
        const NAME: &'static str = "interval";
        const HELP: &'static str = "How often.";
        const DEFAULT: ::core::option::Option<fn() -> Self::Type> = ::core::option::Option::Some(|| {
            ::tracecore_schema::private::written::<Duration>("interval", "1s")
        });
        const BOUNDS: ::tracecore_schema::private::Bounds = ::tracecore_schema::private::Bounds {
            min: ::core::option::Option::Some("1ms"),
            max: ::core::option::Option::None,
        };
        fn limit(value: &Self::Type) -> ::core::result::Result<(), ::tracecore_schema::Invalid> {
            ::tracecore_schema::private::bounded::<Self>(value)
        }
        fn with<R>(owner: &HeartConfig, look: impl ::core::ops::FnOnce(&Self::Type) -> R) -> R {
            look(&owner.interval)
        }
    }
    struct __Volume;
    #[automatically_derived]
    impl ::tracecore_schema::private::Member for __Volume {
        type Owner = HeartConfig;
        type Type = u8;
        const NAME: &'static str = "volume";
        const HELP: &'static str = "How loud.";
        fn with<R>(owner: &HeartConfig, look: impl ::core::ops::FnOnce(&Self::Type) -> R) -> R {
            look(&owner.volume)
        }
    }
    struct __Simulated;
    #[automatically_derived]
    impl ::tracecore_schema::private::Member for __Simulated {
        type Owner = HeartConfig;
        type Type = bool;
        const NAME: &'static str = "simulated";
        const HELP: &'static str = "Whether there is a heart.";
        const FIXED: bool = true;
        const DEFAULT: ::core::option::Option<fn() -> Self::Type> = ::core::option::Option::Some(|| {
            ::tracecore_schema::private::written::<bool>("simulated", "false")
        });
        fn with<R>(owner: &HeartConfig, look: impl ::core::ops::FnOnce(&Self::Type) -> R) -> R {
            look(&owner.simulated)
        }
    }
    #[allow(
        clippy::ptr_arg,
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "fields are lent as they are"
    )]
    fn __rule_0(
        volume_value: &u8,
        interval_value: &Duration,
    ) -> ::core::result::Result<(), ::std::string::String> {
        audible(volume_value, interval_value)
    }
    #[allow(
        clippy::ptr_arg,
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "fields are lent as they are"
    )]
    fn __rust_0(simulated_value: &bool) -> &'static str {
        choose(simulated_value)
    }
    #[automatically_derived]
    impl ::tracecore_schema::Value for HeartConfig {
        fn expected() -> ::std::string::String {
            ::std::borrow::ToOwned::to_owned("a map with `interval`, `volume` and `simulated`")
        }
        fn decode(
            node: &::tracecore_schema::Node,
            cx: &mut ::tracecore_schema::Decoder<'_>,
        ) -> ::core::option::Option<::tracecore_schema::Decoded<Self>> {
            let mut reader = ::tracecore_schema::private::fields(
                node,
                cx,
                &<Self as ::tracecore_schema::Value>::expected(),
                &["interval", "volume", "simulated"],
            )?;
            let mut interval_slot = reader.member::<__Interval>();
            let mut volume_slot = reader.member::<__Volume>();
            let mut simulated_slot = reader.member::<__Simulated>();
            let failed = interval_slot.failed() || volume_slot.failed() || simulated_slot.failed();
            let violated = match (&volume_slot.value, &interval_slot.value) {
                (
                    ::core::option::Option::Some(volume_value),
                    ::core::option::Option::Some(interval_value),
                ) => ::core::option::Option::Some(__rule_0(volume_value, interval_value)),
                _ => ::core::option::Option::None,
            };
            let failed =
                !reader.rule(&["volume", "interval"], &[volume_slot.span(), interval_slot.span()], violated)
                    || failed;
            if let (::core::option::Option::Some(simulated_value),) = (&simulated_slot.value,) {
                reader.rust_type(__rust_0(simulated_value));
            }
            if failed {
                return ::core::option::Option::None;
            }
            let mut literals = ::std::vec::Vec::new();
            interval_slot.write("interval", false, &mut literals);
            volume_slot.write("volume", false, &mut literals);
            simulated_slot.write("simulated", false, &mut literals);
            let value = match (interval_slot.value, volume_slot.value, simulated_slot.value) {
                (
                    ::core::option::Option::Some(interval_value),
                    ::core::option::Option::Some(volume_value),
                    ::core::option::Option::Some(simulated_value),
                ) => ::core::option::Option::Some(Self {
                    interval: interval_value,
                    volume: volume_value,
                    simulated: simulated_value,
                }),
                _ => ::core::option::Option::None,
            };
            let literal = ::tracecore_schema::Literal::Struct {
                name: "HeartConfig",
                defaults: false,
                fields: literals,
            };
            ::core::option::Option::Some(::tracecore_schema::Decoded { value, literal })
        }
        fn check_text(path: &[&str], text: &str) -> ::core::result::Result<(), ::tracecore_schema::Invalid> {
            match path {
                ["interval", rest @ ..] => ::tracecore_schema::private::check_text::<__Interval>(rest, text),
                ["volume", rest @ ..] => ::tracecore_schema::private::check_text::<__Volume>(rest, text),
                ["simulated", rest @ ..] => {
                    ::tracecore_schema::private::check_text::<__Simulated>(rest, text)
                }
                _ => ::core::result::Result::Err(::tracecore_schema::Invalid::because("not one value")),
            }
        }
        fn violations(&self, path: &str, found: &mut ::std::vec::Vec<::tracecore_schema::Violation>) {
            ::tracecore_schema::private::violations::<__Interval>(self, path, found);
            ::tracecore_schema::private::violations::<__Volume>(self, path, found);
            ::tracecore_schema::private::violations::<__Simulated>(self, path, found);
            ::tracecore_schema::private::broken(__rule_0(&self.volume, &self.interval), path, found);
        }
        fn nested() -> ::std::vec::Vec<::tracecore_schema::Field> {
            <Self as ::tracecore_schema::Config>::fields()
        }
        fn json_schema() -> ::tracecore_schema::private::serde_json::Value {
            ::tracecore_schema::private::ObjectSchema::new()
                .member::<__Interval>()
                .member::<__Volume>()
                .member::<__Simulated>()
                .finish("Beats.")
        }
        fn show(&self) -> ::std::string::String {
            ::std::format!(
                "{{{}}}",
                [
                    ::tracecore_schema::private::show::<__Interval>(self),
                    ::tracecore_schema::private::show::<__Volume>(self),
                    ::tracecore_schema::private::show::<__Simulated>(self)
                ]
                .join(", ")
            )
        }
        fn to_literal(&self) -> ::tracecore_schema::Literal {
            ::tracecore_schema::Literal::Struct {
                name: "HeartConfig",
                fields: ::std::vec![
                    ("interval", ::tracecore_schema::private::literal::<__Interval>(self)),
                    ("volume", ::tracecore_schema::private::literal::<__Volume>(self)),
                    ("simulated", ::tracecore_schema::private::literal::<__Simulated>(self))
                ],
                defaults: false,
            }
        }
        fn tell_default(&self, place: ::tracecore_schema::Span, cx: &mut ::tracecore_schema::Decoder<'_>) {
            ::tracecore_schema::private::tell_default::<__Interval>(self, place, cx);
            ::tracecore_schema::private::tell_default::<__Volume>(self, place, cx);
            ::tracecore_schema::private::tell_default::<__Simulated>(self, place, cx);
        }
    }
    #[automatically_derived]
    impl ::tracecore_schema::Config for HeartConfig {
        fn fields() -> ::std::vec::Vec<::tracecore_schema::Field> {
            ::std::vec![
                ::tracecore_schema::private::describe::<__Interval>(),
                ::tracecore_schema::private::describe::<__Volume>(),
                ::tracecore_schema::private::describe::<__Simulated>()
            ]
        }
    }
    #[automatically_derived]
    impl ::tracecore_schema::Declaration for HeartConfig {
        type Signals = ::tracecore_schema::signals::Metrics;
        const KIND: &'static str = "heartbeat";
        const ROLE: ::tracecore_schema::Role = ::tracecore_schema::Role::Receiver;
        const HELP: &'static str = "Beats.";
        const METRICS: &'static [::tracecore_schema::Descriptor] =
            <Beats as ::tracecore_schema::MetricSet>::DESCRIPTORS;
    }
};
