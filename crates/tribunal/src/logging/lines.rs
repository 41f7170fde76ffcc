//! Log lines for machines: JSON, and logfmt as Kona writes it.

use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::{self, Debug};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use super::fields::is_origin;
use crate::printable::printable_json;

/// An event as one line of JSON, in the form that is usual for Rust programs and that Kona has.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    fields: Map<String, Value>,
    target: &'a str,
}

/// A line of JSON, without the end of line.
pub(super) fn json(level: &str, target: &str, fields: Map<String, Value>) -> String {
    let line = Line { timestamp: now(), level, fields, target };
    // A map with text for keys can always be written.
    printable_json(&serde_json::to_string(&line).unwrap_or_default())
}

/// The time, as RFC 3339 has it.
fn now() -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// Writes events as lines of JSON.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        // What came through the crate `log` has its target in fields.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        writeln!(writer, "{}", json(metadata.level().as_str(), metadata.target(), fields.0))
    }
}

/// Writes events as `time="…" level=INFO target=… message name=value`.
pub(super) struct Logfmt;

impl<S, N> FormatEvent<S, N> for Logfmt
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        write!(writer, "time=\"{}\" level={} target={} ", now(), metadata.level(), metadata.target())?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// The fields of an event, the message among them.
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        if !is_origin(field) {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field, value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_object_whatever_it_holds() {
        let mut fields = Map::new();
        fields.insert("message".into(), "two\nlines, \u{1b}[2J\u{9b} \"quoted\"".into());
        fields.insert("number".into(), u64::MAX.into());
        fields.insert("none".into(), f64::NAN.into());
        let line = json("WARN", "tribunal", fields);
        assert!(!line.contains(['\n', '\u{1b}', '\u{9b}']), "{line}");
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&value["level"], &value["target"]), (&"WARN".into(), &"tribunal".into()));
        assert_eq!(value["fields"]["message"], "two\nlines, \u{1b}[2J\u{9b} \"quoted\"");
        assert_eq!(value["fields"]["number"], u64::MAX);
        assert_eq!(value["fields"]["none"], Value::Null);
        let time = value["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }
}
