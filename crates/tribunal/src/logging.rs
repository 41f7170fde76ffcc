//! Logging to standard error.

use std::{fmt::Debug, str::FromStr};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    field::MakeExt,
    fmt::{self, FormatFields, format},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{output::Messages, printable::printable};

/// What to log: a list of `LEVEL` and `TARGET=LEVEL`, separated by commas.
#[derive(Debug, Clone)]
pub(crate) struct LogFilter(String);

impl LogFilter {
    /// The filter that `level` alone is.
    pub(crate) fn level(level: &str) -> Self {
        Self(level.to_owned())
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl FromStr for LogFilter {
    type Err = String;

    /// Stricter than `EnvFilter`, which takes a misspelt level for the name of a target that never logs.
    fn from_str(text: &str) -> Result<Self, String> {
        for directive in text.split(',') {
            let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
            if !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
                return Err(format!("{level:?} is not a level: use {}", LEVELS.join(", ")));
            }
        }
        EnvFilter::try_new(text).map_err(|error| error.to_string())?;
        Ok(Self(text.to_owned()))
    }
}

/// Logs to standard error from now on, and passes spans to `measuring`, whatever the filter is.
///
/// # Errors
/// If something logs already, or for a filter that was not parsed.
pub(crate) fn start(
    filter: &LogFilter,
    color: bool,
    measuring: Option<Box<dyn Layer<Registry> + Send + Sync>>,
) -> anyhow::Result<()> {
    match measuring {
        Some(measuring) => {
            tracing_subscriber::registry().with(measuring).with(logs(filter, color)?).try_init()?
        }
        None => tracing_subscriber::registry().with(logs(filter, color)?).try_init()?,
    }
    Ok(())
}

/// The layer that writes.
fn logs<S: Subscriber + for<'a> LookupSpan<'a>>(
    filter: &LogFilter,
    color: bool,
) -> anyhow::Result<impl Layer<S>> {
    let logs = fmt::layer().with_ansi(color).fmt_fields(printable_fields()).with_writer(|| Messages);
    Ok(logs.with_filter(EnvFilter::try_new(&filter.0)?))
}

/// Fields as `name=value`, and the message without its name. Values may hold foreign text.
fn printable_fields() -> impl for<'a> FormatFields<'a> + 'static {
    let field =
        |out: &mut format::Writer<'_>, field: &tracing::field::Field, value: &dyn Debug| match field.name() {
            "message" => write!(out, "{}", printable(format_args!("{value:?}"))),
            name => write!(out, "{name}={}", printable(format_args!("{value:?}"))),
        };
    format::debug_fn(field).delimited(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        for good in
            ["off", "INFO", "tribunal_derive=debug", "warn,tribunal_vm=trace,tribunal=off", "a[b{c=1}]=info"]
        {
            assert!(good.parse::<LogFilter>().is_ok(), "{good}");
        }
        for bad in
            ["", "nonsense", "nonsense=", "=", "inof", "tribunal=loud", "warn,", "not[a filter", "[a=info"]
        {
            assert!(bad.parse::<LogFilter>().is_err(), "{bad}");
        }
    }
}
