//! Where a guest gets the SDK from.

use anyhow::{Context, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The source of the SDK's crates.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sdk {
    /// A checkout of this repository: the folder, and how a project beside the working directory names it.
    Checkout { root: PathBuf, named: String },
    /// A version in the registry.
    Version(String),
}

/// Where a checkout has the crates of the SDK.
const CRATES: [&str; 2] = ["crates/fpvm", "crates/preimage"];

impl Sdk {
    /// The SDK in the folder `path`, which is a checkout, or the SDK's crate in one.
    ///
    /// A relative path stays relative, seen from a folder in the working directory: the project can be moved with the checkout.
    pub(super) fn at(path: &Path) -> anyhow::Result<Self> {
        let Some(named) = [path.to_owned(), path.join("../..")].into_iter().find(|root| is_checkout(root))
        else {
            bail!(
                "there is no guest SDK in {}: --sdk-path needs a checkout of Tribunal, which has {}",
                path.display(),
                CRATES.join(" and ")
            );
        };
        let root = fs::canonicalize(&named).with_context(|| format!("cannot open {}", named.display()))?;
        let named = if named.is_absolute() { root.clone() } else { Path::new("..").join(named) };
        Ok(Self::Checkout { root, named: text(&named)? })
    }

    /// The SDK of the checkout in whose folder `target` this program was built.
    pub(super) fn beside_this_program() -> anyhow::Result<Self> {
        let Some(root) = env::current_exe().ok().and_then(|this| checkout_of(&this)) else {
            bail!(
                "this program is not in the folder target of a checkout of Tribunal, so the guest SDK must be named: give \
                 the path of a checkout with --sdk-path, or with --sdk-version a version in your registry"
            );
        };
        Ok(Self::Checkout { named: text(&root)?, root })
    }

    /// The lines for a manifest that depend on the SDK.
    pub(super) fn dependencies(&self) -> String {
        // JSON's strings are TOML's too, since the text has no control characters.
        let quoted = |text: String| serde_json::Value::from(text).to_string();
        match self {
            Self::Checkout { named, .. } => {
                let [fpvm, preimage] = CRATES.map(|folder| quoted(format!("{named}/{folder}")));
                format!("tribunal-fpvm = {{ path = {fpvm} }}\ntribunal-preimage = {{ path = {preimage} }}")
            }
            Self::Version(version) => {
                let version = quoted(version.clone());
                format!("tribunal-fpvm = {version}\ntribunal-preimage = {version}")
            }
        }
    }

    /// The versions of dependencies that the SDK is tested with.
    pub(super) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Self::Checkout { root, .. } => Some(root.join("Cargo.lock")).filter(|lock| lock.is_file()),
            Self::Version(_) => None,
        }
    }
}

/// A version, as a command line gives it: `0.1.0`.
pub(super) fn version(text: &str) -> Result<String, String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
    if text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(known) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is not a version such as 0.1.0"))
    }
}

fn is_checkout(root: &Path) -> bool {
    CRATES.iter().all(|folder| root.join(folder).join("Cargo.toml").is_file())
}

/// The checkout in whose build folder a program is. Any folder above would do, but others may write to those.
fn checkout_of(program: &Path) -> Option<PathBuf> {
    let program = fs::canonicalize(program).ok()?;
    let target =
        program.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "target"))?;
    target.parent().filter(|root| is_checkout(root)).map(Path::to_owned)
}

/// A path as text for a manifest.
fn text(path: &Path) -> anyhow::Result<String> {
    match path.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => bail!("the path {path:?} cannot stand in a Cargo.toml: move the checkout, or name it by a link"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with the manifests of a checkout.
    fn checkout() -> tempfile::TempDir {
        let root = tempfile::TempDir::new().unwrap();
        for folder in CRATES {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("Cargo.toml"), "").unwrap();
        }
        root
    }

    #[test]
    fn the_sdk_is_found_by_its_checkout_or_its_crate() {
        let folder = checkout();
        let root = fs::canonicalize(folder.path()).unwrap();
        let expected = Sdk::Checkout { named: root.to_str().unwrap().to_owned(), root: root.clone() };
        assert_eq!(Sdk::at(&root).unwrap(), expected);
        assert_eq!(Sdk::at(&root.join("crates/fpvm")).unwrap(), expected);
        for wrong in ["crates", "nothing"] {
            assert!(Sdk::at(&root.join(wrong)).unwrap_err().to_string().contains("--sdk-path"));
        }
        // The repository of this test, from the folder that tests run in.
        let Sdk::Checkout { named, .. } = Sdk::at(Path::new("../..")).unwrap() else { panic!() };
        assert_eq!(named, "../../..");
    }

    #[test]
    fn a_program_knows_its_checkout_only_by_where_it_is() {
        let folder = checkout();
        let root = fs::canonicalize(folder.path()).unwrap();
        let place = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            checkout_of(&path)
        };
        assert_eq!(place("target/debug/tribunal"), Some(root.clone()));
        assert_eq!(place("target/debug/deps/tribunal-1"), Some(root.clone()));
        assert_eq!(place("bin/tribunal"), None);
        assert_eq!(place("crates/target/tribunal"), None);
        assert_eq!(checkout_of(&root.join("target/missing")), None);
    }

    #[test]
    fn dependencies_are_toml_whatever_the_path() {
        let sdk = |named: &str| Sdk::Checkout { root: PathBuf::new(), named: named.to_owned() };
        let lines = sdk(r#"/a "b\c"#).dependencies();
        assert_eq!(
            lines,
            "tribunal-fpvm = { path = \"/a \\\"b\\\\c/crates/fpvm\" }\n\
             tribunal-preimage = { path = \"/a \\\"b\\\\c/crates/preimage\" }"
        );
        assert!(text(Path::new("/a\n[patch]")).is_err());
        let lines = Sdk::Version("0.1.0".to_owned()).dependencies();
        assert_eq!(lines, "tribunal-fpvm = \"0.1.0\"\ntribunal-preimage = \"0.1.0\"");
    }

    #[test]
    fn versions() {
        for good in ["0.1.0", "1", "0.2.0-rc.1+build"] {
            assert_eq!(version(good), Ok(good.to_owned()));
        }
        for bad in ["", "v1", "*", "1\"", "1, 2", "1\n", "-1"] {
            assert!(version(bad).is_err(), "{bad:?}");
        }
    }
}
