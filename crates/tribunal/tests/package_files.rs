//! `tribunal package-files`: man pages and completions under every name of the program.

mod common;

use common::tribunal;
use std::{collections::BTreeSet, fs, path::Path, process::Command};
use tempfile::TempDir;

/// Has the program write its files.
fn written() -> TempDir {
    let folder = TempDir::new().unwrap();
    tribunal(["package-files", "--out", folder.path().to_str().unwrap()]).expect(0, &[]);
    folder
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The commands that the help of `line` lists, without `help`.
fn commands(line: &[&str]) -> Vec<String> {
    let help = tribunal(line.iter().copied().chain(["--help"])).expect(0, &[]).out;
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    lines
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .filter(|name| name != "help")
        .collect()
}

/// The page of each command and of the commands in it.
fn pages_of(line: &[&str], pages: &mut BTreeSet<String>) {
    let name = [&["tribunal"], line].concat().join("-");
    pages.insert(format!("{name}.1"));
    for command in commands(line) {
        pages_of(&[line, &[&command]].concat(), pages);
    }
}

#[test]
fn every_command_and_every_name_has_a_page() {
    let folder = written();
    let mut expected = BTreeSet::from(["cannon.1".to_owned(), "kona-host.1".to_owned()]);
    pages_of(&[], &mut expected);
    assert!(expected.len() > 15, "{expected:?}");
    assert_eq!(names(&folder.path().join("man1")), expected);
}

#[test]
fn a_page_shows_flags_and_where_to_read_on() {
    let folder = written();
    for (page, texts) in [
        (
            "tribunal",
            &[
                ".TH tribunal 1 \" \" \"tribunal 0.",
                ".SH \"EXIT STATUS\"",
                "tribunal\\-check(1)",
                "\\-\\-color",
            ][..],
        ),
        ("tribunal-vm-run", &["\\-\\-proof\\-at", "[default: never]", "tribunal\\-vm(1)"]),
        // The links have no pages for their commands: those of the program's are referred to.
        ("cannon", &["tribunal\\-vm\\-run(1)", ".SH \"SEE ALSO\"\ntribunal\\-vm(1)"]),
        ("kona-host", &["tribunal\\-host\\-single(1)", ".SH \"SEE ALSO\"\ntribunal\\-host(1)"]),
        ("tribunal-host-single", &["\\fBL1_HEAD\\fR environment variable"]),
    ] {
        let text = fs::read_to_string(folder.path().join("man1").join(format!("{page}.1"))).unwrap();
        for expected in texts {
            assert!(text.contains(expected), "{expected:?} is not in {page}: {text}");
        }
    }
}

#[test]
fn completions_offer_what_help_lists() {
    let folder = written();
    for (shell, files) in [
        ("bash", ["cannon", "kona-host", "tribunal"]),
        ("fish", ["cannon.fish", "kona-host.fish", "tribunal.fish"]),
        ("zsh", ["_cannon", "_kona-host", "_tribunal"]),
    ] {
        let folder = folder.path().join(shell);
        assert_eq!(names(&folder), files.map(str::to_owned).into());
        let [cannon, kona_host, tribunal] = files.map(|file| fs::read_to_string(folder.join(file)).unwrap());
        assert!(cannon.contains("load-elf") && kona_host.contains("l1-beacon-address"), "{shell}");
        for command in commands(&[]) {
            assert!(tribunal.contains(&command), "{shell}: {command}");
        }
        // Hidden commands.
        assert!(!tribunal.contains("package-files") && !kona_host.contains("super"), "{shell}");
    }
}

#[test]
fn fish_is_given_no_flag_that_it_refuses() {
    let folder = written();
    let script = fs::read_to_string(folder.path().join("fish/kona-host.fish")).unwrap();
    let flags = script.lines().find(|line| line.contains("string join")).unwrap();
    assert!(flags.contains(" log= ") && flags.contains(" q ") && !flags.contains('.'), "{flags}");
    assert!(script.contains("-l logs.stdout.quiet"));
}

#[test]
fn bash_completes() {
    let folder = written();
    let completed = |script: &str, function: &str, line: &[&str]| {
        let run = "source \"$1\"; COMP_WORDS=(\"${@:3}\") COMP_CWORD=$(($# - 3)); \"$2\" \"$3\" \"${@: -1}\" \"${@: -2:1}\"; \
                   echo \"${COMPREPLY[*]}\"";
        let script = folder.path().join("bash").join(script);
        let output =
            Command::new("bash").args(["-c", run, "bash"]).arg(script).arg(function).args(line).output();
        let output = output.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(completed("tribunal", "_tribunal", &["tribunal", "vm", "r"]), "run");
    assert_eq!(completed("cannon", "_cannon", &["cannon", "l"]), "load-elf list");
    assert_eq!(
        completed("kona-host", "_kona__host", &["kona-host", "single", "--l1-n"]),
        "--l1-node-address"
    );
    assert_eq!(completed("tribunal", "_tribunal", &["tribunal", "package"]), "");
}

#[test]
fn a_folder_that_is_not_empty_is_an_error() {
    let folder = written();
    let again = tribunal(["package-files", "--out", folder.path().to_str().unwrap()]);
    again.expect(2, &["cannot write", folder.path().to_str().unwrap()]);
}
