//! A folder in which to run the VM.

use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

pub(crate) use super::handmade::Program;

/// A folder to run in.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A folder with a program's state in `state.bin`.
    pub(crate) fn with(program: &Program) -> Self {
        let place = Self::new();
        place.write("state.bin", program.state_file());
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.file(name), contents).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Makes the smallest devnet there, in the folder `devnet`.
    pub(crate) fn devnet(&self) -> PathBuf {
        let folder = self.file("devnet");
        let made = super::Ran::of(super::program().args(["devnet", "--blocks", "7", "--out"]).arg(&folder));
        made.expect(0, &["7 blocks"]);
        folder
    }

    /// Runs `tribunal vm` there.
    pub(crate) fn vm<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> super::Ran {
        let mut command = super::program();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir(self.path()).arg("vm").args(args);
        super::Ran::of(&mut command)
    }

    /// Runs the state there, with more flags.
    pub(crate) fn run<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> super::Ran {
        self.vm(["run", "--input", "state.bin", "--output", "out.bin"].into_iter().chain(more))
    }

    /// Runs the state there with a shell script as its server.
    pub(crate) fn run_with_server(&self, more: &[&str], script: &str) -> super::Ran {
        self.run(more.iter().copied().chain(["--", "/bin/sh", "-c", script]))
    }
}
