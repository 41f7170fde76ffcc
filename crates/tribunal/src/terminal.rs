//! What the program may do to a terminal: colour and progress bars.

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
};

/// One of the two streams that a terminal may be behind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// Whether a terminal is behind it.
    #[allow(clippy::disallowed_methods, reason = "nothing is written")]
    pub(crate) fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }
}

/// When text is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is "dumb".
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// What `--color` asks for, in a command line that may not parse: its help and its errors have colours too.
    pub(crate) fn asked(arguments: &[OsString]) -> Self {
        let mut arguments = arguments.iter().filter_map(|argument| argument.to_str());
        let mut color = Self::default();
        while let Some(argument) = arguments.next().filter(|argument| *argument != "--") {
            let value = match argument {
                "--color" => arguments.next(),
                _ => argument.strip_prefix("--color="),
            };
            color = value.and_then(|value| clap::ValueEnum::from_str(value, false).ok()).unwrap_or(color);
        }
        color
    }

    /// Whether text for `stream` is coloured.
    pub(crate) fn applies_to(self, stream: Stream) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => stream.is_terminal() && !is_unwanted(),
        }
    }
}

/// Whether the environment asks for no colour (<https://no-color.org>).
fn is_unwanted() -> bool {
    let variable = |name| std::env::var_os(name).unwrap_or_default();
    !variable("NO_COLOR").is_empty() || variable("TERM") == "dumb"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_color_counts() {
        let asked = |line: &str| Color::asked(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(asked("tribunal check"), Color::Auto);
        assert_eq!(asked("tribunal --color never check"), Color::Never);
        assert_eq!(asked("tribunal check --color=always DIR"), Color::Always);
        assert_eq!(asked("tribunal --color=always check --color never"), Color::Never);
        assert_eq!(asked("tribunal --color=pink check --color"), Color::Auto);
        assert_eq!(asked("tribunal vm run -- server --color always"), Color::Auto);
    }
}
