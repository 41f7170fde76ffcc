//! The versions of Cannon's machine, and which of them are supported.

use std::{fmt, str::FromStr};

/// A supported version of Cannon's machine. Each version has a number, which is the first byte of its state files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StateVersion {
    /// `multithreaded64-4`, number 7: `getrandom` stores nothing.
    MultiThreaded64V4,
    /// `multithreaded64-5`, number 8: `getrandom` stores pseudo-random bytes.
    MultiThreaded64V5,
}

/// The names of all versions that Cannon has had. The index is the version's number.
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

/// Why a version is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// Cannon has had this version, but Tribunal does not support it.
    #[error(
        "state version {name} ({byte}) is not supported: only multithreaded64-4 (7) and multithreaded64-5 (8) are"
    )]
    Unsupported {
        /// The version's number.
        byte: u8,
        /// The version's name.
        name: &'static str,
    },
    /// Cannon has had no version with this number.
    #[error(
        "state version {byte} is not known: only multithreaded64-4 (7) and multithreaded64-5 (8) are supported"
    )]
    UnknownByte {
        /// The number, from a state file.
        byte: u8,
    },
    /// Cannon has had no version with this name.
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

    /// The version's number: the first byte of a state file.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::MultiThreaded64V4 => 7,
            Self::MultiThreaded64V5 => 8,
        }
    }

    /// The version's name, which the command line uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        NAMES[self.byte() as usize]
    }

    /// Whether `getrandom` stores bytes. In older versions it stores nothing and returns 0.
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
