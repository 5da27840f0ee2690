// SPDX-License-Identifier: Apache-2.0
//! Names and units that authors write, and what they are told.

use quote::quote;

use super::derive;
use crate::report::messages;

fn of(name: &str, unit: &str) -> Vec<String> {
    messages(derive(quote! {
        struct Set {
            /// Help.
            #[metric(name = #name, unit = #unit)]
            metric: Gauge<f64>,
        }
    }))
}

#[test]
fn units_are_ucum_as_opentelemetry_uses_it() {
    for unit in ["1", "By", "{tick}", "By/s", "{packet}/s", "Cel", "%"] {
        assert_eq!(of("a.b", unit), [""; 0], "{unit}");
    }
    for (unit, near) in
        [("bytes", "By"), ("Seconds", "s"), ("°C", "Cel"), ("percent", "%"), ("", "1"), ("MiBy", "")]
    {
        let messages = of("a.b", unit);
        assert_eq!(messages.len(), usize::from(!near.is_empty()), "{unit}: {messages:?}");
        assert!(
            messages.iter().all(|m| m.contains(&format!("did you mean `{near}`?"))),
            "{unit}: {messages:?}"
        );
    }
    for unit in ["{}", "{a b}", "By/", "By/s/s", "parsec"] {
        assert_eq!(of("a.b", unit).len(), 1, "{unit}");
    }
}

#[test]
fn names_are_dotted_and_lower_case() {
    for name in ["hw.gpu.utilization", "system.cpu.load_average.1m", "a.b"] {
        assert_eq!(of(name, "1"), [""; 0], "{name}");
    }
    for name in ["ticks", "hw..x", ".hw", "hw.", "Hw.gpu", "hw.gpu-x", "1.a", "hw.gpu util"] {
        assert_eq!(of(name, "1").len(), 1, "{name}");
    }
    assert!(of("Hw.GPU-Temp", "1")[0].contains("did you mean `hw.gpu_temp`?"));
}
