//! Logging to standard error.

mod fields;
mod lines;

use serde_json::{Map, Value};
use std::{str::FromStr, sync::OnceLock};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

use crate::output::Messages;

/// What to log: a list of `LEVEL` and `TARGET=LEVEL`, separated by commas.
#[derive(Debug, Clone)]
pub(crate) struct LogFilter(String);

impl LogFilter {
    /// The filter that `level` alone is.
    pub(crate) fn level(level: &str) -> Self {
        Self(level.to_owned())
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// For people, with less in a line. Only kona-host's flag has it.
    #[value(skip)]
    Compact,
    /// `name=value`. Only kona-host's flag has it.
    #[value(skip)]
    Logfmt,
}

/// The format of this run, once the command line was read.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// A line of JSON for a message that is no log event, if log lines are JSON.
pub(crate) fn json_line(
    level: &str,
    target: &str,
    fields: impl FnOnce() -> Map<String, Value>,
) -> Option<String> {
    (FORMAT.get() == Some(&LogFormat::Json)).then(|| lines::json(level, target, fields()))
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

/// Logs to standard error from now on, and passes spans to `measuring`, whatever the filter is. Messages that are no log
/// events have the same format.
///
/// # Errors
/// If something logs already, or for a filter that was not parsed.
pub(crate) fn start(
    filter: &LogFilter,
    format: LogFormat,
    color: bool,
    measuring: Option<Box<dyn Layer<Registry> + Send + Sync>>,
) -> anyhow::Result<()> {
    FORMAT.get_or_init(|| format);
    match measuring {
        Some(measuring) => {
            let registry = tracing_subscriber::registry().with(measuring);
            registry.with(logs(filter, format, color)?).try_init()?;
        }
        None => tracing_subscriber::registry().with(logs(filter, format, color)?).try_init()?,
    }
    Ok(())
}

/// The layer that writes.
fn logs<S>(filter: &LogFilter, format: LogFormat, color: bool) -> anyhow::Result<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let lines = fmt::layer().fmt_fields(fields::PrintableFields).with_writer(|| Messages);
    let lines: Box<dyn Layer<S> + Send + Sync> = match format {
        LogFormat::Text => lines.with_ansi(color).boxed(),
        LogFormat::Json => lines.with_ansi(false).event_format(lines::Json).boxed(),
        LogFormat::Compact => lines.with_ansi(color).compact().boxed(),
        LogFormat::Logfmt => lines.with_ansi(false).event_format(lines::Logfmt).boxed(),
    };
    Ok(lines.with_filter(EnvFilter::try_new(&filter.0)?))
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
