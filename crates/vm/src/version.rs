//! Versions of the machine.

use std::{fmt, str::FromStr};

/// A version of the machine. State files begin with its byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StateVersion {
    /// `multithreaded64-4`, byte 7: `getrandom` does nothing.
    MultiThreaded64V4,
    /// `multithreaded64-5`, byte 8: `getrandom` gives pseudo-random bytes.
    MultiThreaded64V5,
}

/// The names of all versions that Cannon has had, by their byte.
const NAMES: [&str; 9] = [
    "singlethreaded",
    "multithreaded",
    "singlethreaded-2",
    "multithreaded64",
    "multithreaded64-2",
    "multithreaded-2",
    "multithreaded64-3",
    "multithreaded64-4",
    "multithreaded64-5",
];

/// A version that this machine cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// A known version of Cannon that is not supported.
    #[error(
        "state version {name} ({byte}) is not supported: only multithreaded64-4 (7) and multithreaded64-5 (8) are"
    )]
    Unsupported {
        /// The byte in the state file.
        byte: u8,
        /// Its name.
        name: &'static str,
    },
    /// No known version has this byte.
    #[error(
        "state version {byte} is not known: only multithreaded64-4 (7) and multithreaded64-5 (8) are supported"
    )]
    UnknownByte {
        /// The byte.
        byte: u8,
    },
    /// No known version has this name.
    #[error(
        "state version {name:?} is not known: only multithreaded64-4 and multithreaded64-5 are supported"
    )]
    UnknownName {
        /// The name.
        name: String,
    },
}

impl StateVersion {
    /// The supported versions, oldest first.
    pub const SUPPORTED: [Self; 2] = [Self::MultiThreaded64V4, Self::MultiThreaded64V5];

    /// The byte that a state file begins with.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::MultiThreaded64V4 => 7,
            Self::MultiThreaded64V5 => 8,
        }
    }

    /// The name, as on the command line and in `witness`'s output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        NAMES[self.byte() as usize]
    }

    /// Whether `getrandom` returns bytes. In older versions it does nothing and returns 0.
    #[must_use]
    pub const fn has_getrandom(self) -> bool {
        matches!(self, Self::MultiThreaded64V5)
    }
}

impl fmt::Display for StateVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<u8> for StateVersion {
    type Error = VersionError;

    fn try_from(byte: u8) -> Result<Self, VersionError> {
        match byte {
            7 => Ok(Self::MultiThreaded64V4),
            8 => Ok(Self::MultiThreaded64V5),
            _ => Err(match NAMES.get(usize::from(byte)) {
                Some(name) => VersionError::Unsupported { byte, name },
                None => VersionError::UnknownByte { byte },
            }),
        }
    }
}

impl FromStr for StateVersion {
    type Err = VersionError;

    fn from_str(name: &str) -> Result<Self, VersionError> {
        match NAMES.iter().position(|known| *known == name) {
            Some(byte) => Self::try_from(byte as u8),
            None => Err(VersionError::UnknownName { name: name.to_owned() }),
        }
    }
}
