//! Log lines as Cannon writes them: `level=INFO msg=… key=value …`, in Go's quoting.

use serde_json::{Map, Value};
use std::fmt::{Display, Write as _};
use tribunal_vm::Stream;

use crate::{logging::json_line, output, printable::is_printable};

/// A field of a log line.
pub(crate) type Field<'a> = (&'a str, &'a dyn Display);

/// Writes a line about the machine to standard error.
pub(crate) fn info(message: &str, fields: &[Field<'_>]) {
    to_stderr("INFO", message, fields);
}

/// Writes a warning about the machine to standard error.
pub(crate) fn warn(message: &str, fields: &[Field<'_>]) {
    to_stderr("WARN", message, fields);
}

fn to_stderr(level: &str, message: &str, fields: &[Field<'_>]) {
    let all: Vec<Field<'_>> =
        [("module", &"vm" as &dyn Display)].into_iter().chain(fields.iter().copied()).collect();
    write(level, message, &all, Stream::Stderr);
}

/// Writes output of the guest.
pub(crate) fn guest(stream: Stream, bytes: &[u8]) {
    let name = match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    };
    printed(&[("module", &"guest"), ("stream", &name)], bytes, Stream::Stderr);
}

/// Writes output of the server. As in Cannon, its standard output goes to ours, unless results go there.
pub(crate) fn host(stream: Stream, bytes: &[u8], stdout_is_free: bool) {
    let to = if stdout_is_free { stream } else { Stream::Stderr };
    printed(&[("module", &"host")], bytes, to);
}

fn printed(fields: &[Field<'_>], bytes: &[u8], to: Stream) {
    let is_text = |byte: &u8| matches!(byte, b'\n' | b'\t' | 0x20..0x7f);
    let (key, value) = if bytes.iter().all(is_text) {
        ("text", String::from_utf8_lossy(bytes).into_owned())
    } else {
        ("data", alloy_primitives::hex::encode_prefixed(bytes))
    };
    let all: Vec<Field<'_>> = fields.iter().copied().chain([(key, &value as &dyn Display)]).collect();
    write("INFO", "", &all, to);
}

/// Writes a line in one piece. A log that cannot be written does not end the run.
fn write(level: &str, message: &str, fields: &[Field<'_>], to: Stream) {
    let line = json_line(level, "cannon", || object(message, fields))
        .unwrap_or_else(|| line(level, message, fields));
    match to {
        Stream::Stdout => drop(output::line(line)),
        Stream::Stderr => output::raw(line),
    }
}

/// The fields as JSON has them. Numbers are text, as they come.
fn object(message: &str, fields: &[Field<'_>]) -> Map<String, Value> {
    let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), value.to_string().into()));
    [("message".to_owned(), message.into())].into_iter().chain(fields).collect()
}

fn line(level: &str, message: &str, fields: &[Field<'_>]) -> String {
    let mut line = format!("level={level} msg={}", quoted(message));
    for (key, value) in fields {
        // Writing to a string does not fail.
        let _ = write!(line, " {key}={}", quoted(&value.to_string()));
    }
    line
}

/// A value, in Go's quotes if it is empty or has characters that separate fields or are not printable.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && is_printable(c) && !matches!(c, '"' | '=');
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            c if is_printable(c) => text.push(c),
            // Writing to a string does not fail.
            c => drop(match u32::from(c) {
                code @ (0..0x20 | 0x7f) => write!(text, "\\x{code:02x}"),
                code @ 0..0x10000 => write!(text, "\\u{code:04x}"),
                code => write!(text, "\\U{code:08x}"),
            }),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_cannon_writes_them() {
        assert_eq!(
            line("INFO", "Execution stopped", &[("module", &"vm"), ("exited", &true), ("code", &0)]),
            "level=INFO msg=\"Execution stopped\" module=vm exited=true code=0"
        );
        assert_eq!(line("INFO", "", &[("text", &"hello\n")]), "level=INFO msg=\"\" text=\"hello\\n\"");
        assert_eq!(quoted("a=b"), "\"a=b\"");
        assert_eq!(quoted("!unknown"), "!unknown");
        // What Go's strconv.Quote makes of them.
        assert_eq!(
            quoted("\x1b[2J\u{7f}\u{85}\u{202e}\u{e0001}é"),
            r#""\x1b[2J\x7f\u0085\u202e\U000e0001é""#
        );
        assert_eq!(quoted("say \"\\\""), "\"say \\\"\\\\\\\"\"");
    }
}
