//! The tools that build a guest: a compiler that has the sources of its standard library, cargo, and a linker.

use anyhow::bail;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest compiler that builds the SDK.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");
/// Where a compiler has the sources of its standard library.
const SOURCES: &str = "lib/rustlib/src/rust/library/Cargo.lock";
/// The compiler that the system's packages install. It comes first, because the bytes of a guest depend on the compiler, and
/// anyone can install this one.
const SYSTEM: &str = "/usr/bin/rustc";

/// How to install what is missing.
const INSTALL_RUST: &str =
    "install one from https://rustup.rs, or on Debian with `apt install rustc-web cargo-web rust-web-src`";
const INSTALL_SOURCES: &str =
    "install them with `rustup component add rust-src`, or on Debian with `apt install rust-web-src`";

/// The compiler and its cargo.
#[derive(Debug)]
pub(super) struct Toolchain {
    pub(super) rustc: PathBuf,
    pub(super) cargo: PathBuf,
}

impl Toolchain {
    /// The compiler that `RUSTC` names, or else the first that will do of the system's and that of `PATH`.
    ///
    /// # Errors
    /// If there is none: what is wrong with each that was found, and what to install.
    pub(super) fn find() -> anyhow::Result<Self> {
        let named = env::var_os("RUSTC").filter(|named| !named.is_empty());
        let compilers: Vec<PathBuf> = match named {
            Some(named) => match in_path(&named) {
                Some(rustc) => vec![rustc],
                None => bail!("RUSTC names {}, and there is no such program", Path::new(&named).display()),
            },
            None => [PathBuf::from(SYSTEM)].into_iter().chain(in_path("rustc".as_ref())).collect(),
        };
        let mut wrong: Vec<(PathBuf, String)> = Vec::new();
        for rustc in compilers {
            // Links may give one compiler two names, and rustup's programs are links that must keep their names.
            if wrong.iter().any(|(known, _)| *known == rustc) || !rustc.is_file() {
                continue;
            }
            match defect(&rustc) {
                None => return Self::with_cargo(rustc),
                Some(what) => wrong.push((rustc, what)),
            }
        }
        if wrong.is_empty() {
            bail!("there is no Rust compiler: {INSTALL_RUST}");
        }
        let wrong: Vec<_> =
            wrong.into_iter().map(|(rustc, what)| format!("{} {what}", rustc.display())).collect();
        bail!("no Rust compiler here can build guests: {}", wrong.join("; "));
    }

    fn with_cargo(rustc: PathBuf) -> anyhow::Result<Self> {
        let beside = rustc.with_file_name("cargo");
        let cargo = if beside.is_file() { Some(beside) } else { in_path("cargo".as_ref()) };
        match cargo {
            Some(cargo) => Ok(Self { rustc, cargo }),
            None => bail!(
                "there is no cargo for {}: install it from https://rustup.rs, or on Debian with `apt install cargo-web`",
                rustc.display()
            ),
        }
    }
}

/// Requires a linker of this name.
pub(super) fn require_linker(name: &str) -> anyhow::Result<()> {
    if in_path(name.as_ref()).is_some() {
        return Ok(());
    }
    bail!(
        "there is no linker {name}: install it, on Debian with `apt install binutils-mips64-linux-gnuabi64`"
    );
}

/// What keeps a compiler from building guests.
fn defect(rustc: &Path) -> Option<String> {
    let ask = |question: &str| {
        let output = Command::new(rustc).arg(question).env("RUSTUP_AUTO_INSTALL", "0").output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (Some(version), Some(sysroot)) = (ask("--version"), ask("--print=sysroot")) else {
        return Some("does not run".to_owned());
    };
    let version = version.split_whitespace().nth(1).unwrap_or_default();
    if !is_at_least(version, OLDEST) {
        return Some(format!(
            "is version {version}, and {OLDEST} is the oldest that will do: {INSTALL_RUST}"
        ));
    }
    if !Path::new(sysroot.trim_end()).join(SOURCES).is_file() {
        return Some(format!("has no sources of the standard library: {INSTALL_SOURCES}"));
    }
    None
}

/// Whether a version is another one or newer. What follows the numbers is ignored.
fn is_at_least(version: &str, oldest: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let numbers = text.split(['-', '+']).next().unwrap_or_default().split('.');
        numbers.map_while(|number| number.parse().ok()).collect()
    };
    numbers(version) >= numbers(oldest)
}

/// The program with this name in the folders of `PATH`, or at this path if it is one.
fn in_path(name: &OsStr) -> Option<PathBuf> {
    if Path::new(name).components().count() > 1 {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    let folders: OsString = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Writes a script. Another process does, so that no child of this one has the file open, which then could not be executed.
    fn write_script(path: &Path, text: &str) {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"printf %s "$1" >"$0" && chmod +x "$0""#]).arg(path).arg(text);
        assert!(shell.status().unwrap().success());
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for newer in ["1.95.0", "1.96.0-nightly", "1.100.0", "2.0.0", "1.95"] {
            assert!(is_at_least(newer, "1.95"), "{newer}");
        }
        for older in ["1.94.9", "1.9.0", "0.99.0", "1", "", "nonsense"] {
            assert!(!is_at_least(older, "1.95"), "{older}");
        }
    }

    #[test]
    fn defects_are_named() {
        let folder = tempfile::TempDir::new().unwrap();
        let rustc = folder.path().join("rustc");
        let claims = |version: &str| {
            let script = format!(
                "#!/bin/sh\n[ \"$1\" = --version ] && echo rustc {version} || echo {}\n",
                folder.path().display()
            );
            write_script(&rustc, &script);
            defect(&rustc)
        };
        assert!(claims("1.60.0").unwrap().contains("version 1.60.0"));
        assert!(claims("1.999.0").unwrap().contains("rust-src"));
        let sources = folder.path().join(SOURCES);
        fs::create_dir_all(sources.parent().unwrap()).unwrap();
        fs::write(sources, "").unwrap();
        assert_eq!(claims("1.999.0"), None);
        assert!(claims("").unwrap().contains("version"));
        write_script(&rustc, "#!/bin/sh\nexit 1\n");
        assert_eq!(defect(&rustc).unwrap(), "does not run");
    }
}
