//! Foreign text on a terminal: names and notes out of files, and what other programs say.
//!
//! Raw, such text could move the cursor, change colours or begin a line of its own, and so pass for a verdict.

use std::fmt::{self, Display, Write};

/// `text` with its control characters and its invisible ones escaped as in Rust: `\n`, `\u{1b}`.
pub(crate) fn printable<T: Display>(text: T) -> Printable<T> {
    Printable(text)
}

/// JSON whose strings hold foreign text, with the same characters escaped as JSON escapes them. Serde escapes only those
/// below U+0020.
pub(crate) fn printable_json(json: &str) -> String {
    let mut printable = String::with_capacity(json.len());
    for c in json.chars() {
        if is_printable(c) || c == '\n' {
            printable.push(c);
        } else {
            printable.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    printable
}

/// Whether a character is shown as itself, on the line where it stands.
pub(crate) fn is_printable(c: char) -> bool {
    // Rust escapes quotes and backslashes too, which do no harm here.
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// See [`printable`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printable<T>(T);

impl<T: Display> Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        if is_printable(c) { self.0.write_char(c) } else { write!(self.0, "{}", c.escape_debug()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        for (text, expected) in [
            ("\x1b[2J", r"\u{1b}[2J"),
            ("a\r\nclaim 0: TRUE", r"a\r\nclaim 0: TRUE"),
            ("\u{9b}31m\u{7f}\0", r"\u{9b}31m\u{7f}\0"),
            // Text from right to left, a line separator, no width.
            ("\u{202e}\u{2066}\u{2028}\u{200b}", r"\u{202e}\u{2066}\u{2028}\u{200b}"),
        ] {
            assert_eq!(printable(text).to_string(), expected);
        }
    }

    #[test]
    fn json_means_the_same() {
        let text = "\u{1b}[2J\u{9b}8m\u{7f}\u{202e}\u{e0001}\\ naïve 🙂\n";
        let json = printable_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(json, "[\n  \"\\u001b[2J\\u009b8m\\u007f\\u202e\\udb40\\udc01\\\\ naïve 🙂\\n\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }

    #[test]
    fn other_text_stays() {
        for text in ["", r#"it's "C:\n""#, "naïve 資料 🙂"] {
            assert_eq!(printable(text).to_string(), text);
        }
    }
}
