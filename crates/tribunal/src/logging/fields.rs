//! The fields of log lines for people.

use std::fmt::{self, Debug};
use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

use crate::printable::printable;

/// Whether a field only says where in the sources an event of the crate `log` comes from.
pub(super) fn is_origin(field: &Field) -> bool {
    field.name().starts_with("log.")
}

/// Writes fields as `name=value`, and the message without its name. Values may hold foreign text.
pub(super) struct PrintableFields;

impl<'writer> FormatFields<'writer> for PrintableFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { writer, separator: "", result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct Visitor<'writer> {
    writer: Writer<'writer>,
    separator: &'static str,
    result: fmt::Result,
}

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if is_origin(field) || self.result.is_err() {
            return;
        }
        let separator = std::mem::replace(&mut self.separator, " ");
        self.result = match field.name() {
            "message" => write!(self.writer, "{separator}{}", printable(format_args!("{value:?}"))),
            name => write!(self.writer, "{separator}{name}={}", printable(format_args!("{value:?}"))),
        };
    }
}
