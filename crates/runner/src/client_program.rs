//! The client program for the VM.

use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tribunal_vm::{ElfError, State, StateVersion, load_elf};

/// Pages of 4 KiB that the client may use: 4 GiB, many times what the longest claims need.
const MAX_PAGES: usize = 1 << 20;
/// The name that the build gives the client's file.
const FILE_NAME: &str = "tribunal-client.elf";

/// A client program as a MIPS64 ELF file, known to load.
#[derive(Debug, Clone)]
pub struct ClientProgram {
    path: PathBuf,
    elf: Vec<u8>,
}

/// Why there is no client program.
#[derive(Debug, thiserror::Error)]
pub enum ClientProgramError {
    /// The places where a build leaves it have none.
    #[error("no client program for the VM was found (looked for {})", list(.0))]
    NotFound(Vec<PathBuf>),
    /// The file cannot be read.
    #[error("cannot read the client {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The file is not a program for the VM.
    #[error("cannot load the client {}: {source}", path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ElfError,
    },
}

impl ClientProgram {
    /// Reads a program from a file.
    ///
    /// # Errors
    /// [`ClientProgramError::Read`], and [`ClientProgramError::Load`] for a file that is not a MIPS64 program.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, ClientProgramError> {
        let path = path.into();
        match fs::read(&path) {
            Ok(elf) => Self::from_elf(path, elf),
            Err(source) => Err(ClientProgramError::Read { path, source }),
        }
    }

    /// A program from memory; `path` is what errors name.
    ///
    /// # Errors
    /// [`ClientProgramError::Load`] if the bytes are not a MIPS64 program.
    pub fn from_elf(path: impl Into<PathBuf>, elf: Vec<u8>) -> Result<Self, ClientProgramError> {
        let client = Self { path: path.into(), elf };
        client.initial_state()?;
        Ok(client)
    }

    /// Reads the program that the build made: beside this executable, in the build folder that the executable is in, or
    /// in the build folder of the working directory.
    ///
    /// # Errors
    /// [`ClientProgramError::NotFound`] with the places, and the errors of [`ClientProgram::read`].
    pub fn built() -> Result<Self, ClientProgramError> {
        let executable = std::env::current_exe().ok();
        let folder = executable.as_deref().and_then(Path::parent);
        let places: Vec<PathBuf> = [
            folder.map(|folder| folder.join(FILE_NAME)),
            folder.and_then(Path::parent).map(|build| build.join("guest").join(FILE_NAME)),
            Some(Path::new("target/guest").join(FILE_NAME)),
        ]
        .into_iter()
        .flatten()
        .collect();
        match places.iter().find(|place| place.is_file()) {
            Some(place) => Self::read(place),
            None => Err(ClientProgramError::NotFound(places)),
        }
    }

    /// The state before the program's first step, as version `multithreaded64-5`.
    ///
    /// # Errors
    /// [`ClientProgramError::Load`] if there is no memory for it: the program itself is known to load.
    pub fn initial_state(&self) -> Result<State, ClientProgramError> {
        load_elf(&self.elf, StateVersion::MultiThreaded64V5, MAX_PAGES)
            .map(|(state, _)| state)
            .map_err(|source| ClientProgramError::Load { path: self.path.clone(), source })
    }
}

fn list(places: &[PathBuf]) -> String {
    let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    places.join(", ")
}
