// SPDX-License-Identifier: Apache-2.0
//! Booleans and numbers.

use serde_json::{Value as Json, json};

use crate::{Invalid, Literal, Scalar, Style, Text};

impl Scalar for bool {
    fn expected() -> String {
        "`true` or `false`".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        match (text.text.as_str(), text.style) {
            ("true", Style::Plain | Style::Filled) => Ok(true),
            ("false", Style::Plain | Style::Filled) => Ok(false),
            ("true" | "false", Style::Quoted) => {
                Err(Invalid::because("text, not a boolean").help("remove the quotes"))
            }
            ("yes" | "on" | "True" | "TRUE", _) => {
                Err(Invalid::because("not a boolean").help("did you mean `true`?"))
            }
            ("no" | "off" | "False" | "FALSE", _) => {
                Err(Invalid::because("not a boolean").help("did you mean `false`?"))
            }
            _ => Err(Invalid::because("not a boolean")),
        }
    }

    fn literal(&self) -> Literal {
        Literal::Rust(self.to_string())
    }

    fn json_schema() -> Json {
        json!({"type": "boolean"})
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Scalar for $type {
            fn expected() -> String {
                format!("a whole number from {} to {}", Self::MIN, Self::MAX)
            }

            fn parse(text: &Text) -> Result<Self, Invalid> {
                if text.style == Style::Quoted {
                    let help = text.text.parse::<Self>().is_ok().then(|| "remove the quotes".to_owned());
                    return Err(Invalid { help, ..Invalid::because("text, not a number") });
                }
                text.text.parse().map_err(|_| match text.text.parse::<i128>() {
                    Ok(_) => Invalid::because("out of range"),
                    Err(_) => Invalid::because("not a whole number"),
                })
            }

            fn literal(&self) -> Literal {
                Literal::Rust(self.to_string())
            }

            fn json_schema() -> Json {
                json!({"type": "integer", "minimum": Self::MIN, "maximum": Self::MAX})
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 usize i32 i64);

impl Scalar for f64 {
    fn expected() -> String {
        "a number".to_owned()
    }

    fn parse(text: &Text) -> Result<Self, Invalid> {
        if text.style == Style::Quoted {
            return Err(Invalid::because("text, not a number").help("remove the quotes"));
        }
        match text.text.parse::<Self>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(Invalid::because("not finite")),
            Err(_) => Err(Invalid::because("not a number")),
        }
    }

    fn literal(&self) -> Literal {
        Literal::Rust(format!("{self:?}"))
    }

    fn json_schema() -> Json {
        json!({"type": "number"})
    }

    fn show(&self) -> String {
        self.to_string()
    }
}
