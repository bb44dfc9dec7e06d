//! The sorts of flags that an API server takes.

use clap::{Arg, builder::BoolishValueParser};

/// A flag with a value.
pub(super) fn named(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// A flag that is on or off; named alone, it is on.
pub(super) fn switch(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    named(name, "BOOL", help)
        .value_parser(BoolishValueParser::new())
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .default_value(default)
}
