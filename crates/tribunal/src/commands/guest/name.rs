//! Names of guests, which are names of packages, of programs and of folders.

/// The greatest length of a name, in bytes: what registries accept.
const LONGEST: usize = 64;

/// The keywords of Rust 2024, and those that are reserved: a crate cannot be called so.
const KEYWORDS: [&str; 52] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Names of crates that a guest has already, and of folders that cargo makes beside a program.
const TAKEN: [&str; 13] = [
    "alloc",
    "build",
    "compiler_builtins",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc_macro",
    "std",
    "test",
    "tribunal_fpvm",
    "tribunal_fpvm_macros",
    "tribunal_preimage",
];

/// Requires that a package can have this name.
pub(super) fn parse(name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Err("a name has at least one letter".to_owned());
    }
    if name.len() > LONGEST {
        return Err(format!("a name has at most {LONGEST} letters, not {}", name.len()));
    }
    if let Some(other) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
        return Err(format!("a name consists of letters, digits, - and _, not of {other:?}"));
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err("a name begins with a letter".to_owned());
    }
    let krate = name.replace('-', "_");
    if KEYWORDS.contains(&krate.as_str()) {
        return Err(format!("{name} is a keyword of Rust"));
    }
    if TAKEN.contains(&krate.as_str()) {
        return Err(format!("{name} is the name of something else in a guest's build: choose another"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_packages() {
        for name in ["sum", "a", "my-guest", "my_guest2", "Sum", &"x".repeat(64)] {
            assert_eq!(parse(name), Ok(name.to_owned()));
        }
        for name in [
            "",
            "-",
            "--path",
            "_",
            "_sum",
            "2sum",
            "su m",
            "su.m",
            "../sum",
            "/tmp/sum",
            "sum/",
            "s\u{fc}m",
            "sum\n",
            "\"",
            "fn",
            "Self",
            "yield",
            "core",
            "proc-macro",
            "tribunal-fpvm",
            "build",
            &"x".repeat(65),
        ] {
            assert!(parse(name).is_err(), "{name:?}");
        }
    }
}
