//! kona-host's flags about logs.

use anyhow::bail;

use crate::logging::LogFormat;

/// kona-host's formats, and how ours are called. Its `pretty` has several lines for an event.
const FORMATS: [(&str, LogFormat); 5] = [
    ("full", LogFormat::Text),
    ("json", LogFormat::Json),
    ("pretty", LogFormat::Text),
    ("compact", LogFormat::Compact),
    ("logfmt", LogFormat::Logfmt),
];

/// Logs go to standard error. The flags about files are known so that they can be refused by name.
#[derive(Debug, clap::Args)]
pub(super) struct Logs {
    /// How much to log: -v errors, -vv warnings (as without the flag), -vvv info, -vvvv debug, -vvvvv trace.
    #[arg(short = 'v', long = "verbosity", global = true, help_heading = "Global options", action = clap::ArgAction::Count, env = "KONA_LOG_LEVEL")]
    verbosity: u8,
    /// Log nothing.
    #[arg(
        short = 'q',
        long = "logs.stdout.quiet",
        global = true,
        help_heading = "Global options",
        env = "KONA_STDOUT_LOG_QUIET"
    )]
    quiet: bool,
    /// How log lines look: full, json, compact, logfmt; pretty is the same as full.
    #[arg(
        long = "logs.stdout.format",
        value_name = "FORMAT",
        global = true,
        help_heading = "Global options",
        env = "KONA_LOG_STDOUT_FORMAT"
    )]
    format: Option<String>,
    /// Not supported: redirect standard error instead.
    #[arg(
        long = "logs.file.directory",
        value_name = "DIR",
        global = true,
        help_heading = "Global options",
        env = "KONA_LOG_FILE_DIRECTORY"
    )]
    file_directory: Option<String>,
    /// Not supported.
    #[arg(
        long = "logs.file.format",
        value_name = "FORMAT",
        global = true,
        help_heading = "Global options",
        env = "KONA_LOG_FILE_FORMAT"
    )]
    file_format: Option<String>,
    /// Not supported.
    #[arg(
        long = "logs.file.rotation",
        value_name = "ROTATION",
        global = true,
        help_heading = "Global options",
        env = "KONA_LOG_FILE_ROTATION"
    )]
    file_rotation: Option<String>,
}

impl Logs {
    /// The level that the flags ask for, if they do.
    pub(super) fn level(&self) -> Option<&'static str> {
        match (self.quiet, self.verbosity) {
            (true, _) => Some("off"),
            (false, 0) => None,
            (false, 1) => Some("error"),
            (false, 2) => Some("warn"),
            (false, 3) => Some("info"),
            (false, 4) => Some("debug"),
            (false, _) => Some("trace"),
        }
    }

    /// The format that the flags ask for, if they do. An empty variable asks for none.
    pub(super) fn format(&self) -> Option<LogFormat> {
        let asked = self.format.as_deref()?;
        FORMATS.iter().find(|(name, _)| *name == asked).map(|(_, format)| *format)
    }

    /// Refuses what is not supported.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some(format) = self.format.as_deref().filter(|format| !format.is_empty())
            && self.format().is_none()
        {
            let known = FORMATS.map(|(name, _)| name).join(", ");
            bail!("--logs.stdout.format {format}: there is no such format; use one of {known}");
        }
        let of_files = [
            ("--logs.file.directory", &self.file_directory),
            ("--logs.file.format", &self.file_format),
            ("--logs.file.rotation", &self.file_rotation),
        ];
        for (flag, value) in of_files {
            if value.is_some() {
                bail!("{flag}: log files are not supported; redirect standard error");
            }
        }
        Ok(())
    }
}
