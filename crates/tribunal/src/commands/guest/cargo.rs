//! Cargo, as a guest's build calls it.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use super::{machine::Machine, toolchain, toolchain::Toolchain};

/// A project that guests are built from.
#[derive(Debug, clap::Args)]
pub(super) struct Project {
    /// The project's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// The program to build, if the project has several.
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// The profile in Cargo.toml to build with.
    #[arg(long, value_name = "NAME", default_value = "release", value_parser = profile)]
    profile: String,
    /// Fail if Cargo.lock does not fit Cargo.toml, in place of changing it.
    #[arg(long)]
    locked: bool,
}

/// A program that was built.
#[derive(Debug)]
pub(super) struct Built {
    /// What cargo calls it.
    pub(super) name: String,
    /// The ELF file.
    pub(super) file: PathBuf,
    /// The project's build folder.
    pub(super) target: PathBuf,
}

fn profile(name: &str) -> Result<String, String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(known) {
        Ok(name.to_owned())
    } else {
        Err(format!("{name:?} is not the name of a profile"))
    }
}

/// The part of `cargo metadata` that matters here.
#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

/// The part of a message of `cargo build` that matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Project {
    /// Builds the project's program. What cargo says goes to standard error.
    ///
    /// # Errors
    /// If a tool is missing, if the build fails, or if the project has no program or several.
    pub(super) fn build(&self) -> anyhow::Result<Built> {
        let manifest = self.path.join("Cargo.toml");
        if !manifest.is_file() {
            bail!(
                "there is no Cargo.toml in {}: name a guest's folder with --path, or make one with `tribunal guest new`",
                self.path.display()
            );
        }
        let toolchain = Toolchain::find()?;
        let target = target_folder(&toolchain, &manifest)?;
        let machine = Machine::of(&self.path, &target)?;
        toolchain::require_linker(&machine.linker)?;
        let programs = self.run_cargo(&toolchain, &manifest, &machine)?;
        match <[_; 1]>::try_from(programs) {
            Ok([(name, file)]) => Ok(Built { name, file, target }),
            Err(none) if none.is_empty() => bail!("{} has no program", manifest.display()),
            Err(several) => {
                let names: Vec<_> = several.into_iter().map(|(name, _)| name).collect();
                bail!(
                    "{} has several programs: choose one of {} with --bin",
                    manifest.display(),
                    names.join(", ")
                )
            }
        }
    }

    /// Has cargo build, and returns the programs that it built.
    fn run_cargo(
        &self,
        toolchain: &Toolchain,
        manifest: &Path,
        machine: &Machine,
    ) -> anyhow::Result<Vec<(String, PathBuf)>> {
        let mut command = toolchain.cargo();
        command.args(["build", "--manifest-path"]).arg(manifest);
        command.arg("--target").arg(&machine.path);
        command.args(["--profile", &self.profile]);
        // No path of this machine may be in a guest: its bytes are its identity.
        command.arg("-Ztrim-paths").args(["--config", &format!("profile.{}.trim-paths='all'", self.profile)]);
        command.args(["-Zjson-target-spec", "-Zbuild-std=core,alloc,compiler_builtins"]);
        command.arg("--message-format=json-render-diagnostics");
        match &self.bin {
            Some(name) => command.args(["--bin", name]),
            None => command.arg("--bins"),
        };
        if self.locked {
            command.arg("--locked");
        }
        let mut cargo = command.stdout(Stdio::piped()).spawn().with_context(|| toolchain.cannot_run())?;
        let programs =
            cargo.stdout.take().map_or(Ok(Vec::new()), |messages| programs(BufReader::new(messages)));
        let status = cargo.wait().with_context(|| toolchain.cannot_run())?;
        require_success("build the guest", status)?;
        programs.context("cannot read what cargo says")
    }
}

impl Toolchain {
    /// A cargo command for the compiler, in which the unstable features work that a guest's build needs: the standard library
    /// is built too, for a machine that a file describes.
    fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        // Flags that are meant for this machine.
        command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", "").stdin(Stdio::null());
        command
    }

    fn cannot_run(&self) -> String {
        format!("cannot run {}", self.cargo.display())
    }
}

/// The folder that cargo builds a project in.
fn target_folder(toolchain: &Toolchain, manifest: &Path) -> anyhow::Result<PathBuf> {
    let mut command = toolchain.cargo();
    command.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]).arg(manifest);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| toolchain.cannot_run())?;
    require_success("read the project", output.status)?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cannot read what cargo says")?;
    Ok(metadata.target_directory)
}

fn require_success(work: &str, status: ExitStatus) -> anyhow::Result<()> {
    if !status.success() {
        bail!("cargo could not {work} ({status}): its messages above say why");
    }
    Ok(())
}

/// The programs among cargo's messages, one a line.
fn programs(messages: impl BufRead) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut programs = Vec::new();
    for line in messages.lines() {
        // A build script may print what is no message.
        let Ok(message) = serde_json::from_str::<Message>(&line?) else { continue };
        if let (Some(file), Some(target)) = (message.executable, message.target) {
            programs.push((target.name, file));
        }
    }
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_among_messages() {
        let messages =
            br#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"a"},"executable":null}
not a message
{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"sum"},"executable":"/x/sum"}
{"reason":"build-finished","success":true}
"#;
        let found = programs(&messages[..]).unwrap();
        assert_eq!(found, [("sum".to_owned(), PathBuf::from("/x/sum"))]);
    }

    #[test]
    fn profiles_are_names() {
        assert!(profile("release").is_ok() && profile("my-profile_2").is_ok());
        for bad in ["", "a.b", "a b", "a'"] {
            assert!(profile(bad).is_err(), "{bad:?}");
        }
    }
}
