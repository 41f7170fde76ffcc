//! `tribunal preimages`: move, count and verify pre-images.

use serde_json::json;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tribunal_host::{
    HostError, HostResult, Verified, fixture, kind_name,
    store::{self, Count, Counts, PreimageStore, StoreOptions},
};
use tribunal_preimage::PreimageKeyType;

use crate::{
    exit::Status,
    output::{self, OutputError},
    printable::printable,
    progress,
    terminal::Stream,
    values,
};

/// Copy, count and verify pre-images.
///
/// A store is a folder with a file for each pre-image, a redb database (`*.redb`) or a pack (`*.pack`). Commands that only
/// read a store also take a fixture folder or its `preimages.bin.zst`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Copy all pre-images of one store into another.
    ///
    /// If the other store does not exist, it is made, and appears when it is complete. Missing parent folders are made too.
    /// A fixture folder can only be read.
    Import {
        /// The store to read.
        from: PathBuf,
        /// The store to write. For a new one, the ending says what to make: .redb, .pack, or none for a folder.
        #[arg(long, value_name = "PATH")]
        store: PathBuf,
        /// Verify all pre-images of the store that is written, as `tribunal preimages verify` does, with its output and
        /// exit status.
        #[arg(long)]
        verify: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Write all pre-images of a store to one file, as in fixture folders.
    ///
    /// The file is a Zstandard stream of records: the key (32 bytes), the length of the value (8 bytes, big-endian) and
    /// the value, sorted by key. The file appears when it is complete. An existing file is replaced.
    Export {
        /// The store.
        store: PathBuf,
        /// The file, usually `preimages.bin.zst`, in a folder that exists. - is standard output.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Count the pre-images and their bytes, for each key type.
    Stats {
        /// The store.
        store: PathBuf,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Check the store, and every pre-image against its key.
    ///
    /// Prints a line for each pre-image that is not good, and then the numbers. A pre-image is good if it fits its key, bad
    /// if it does not, unreadable if it cannot be read, and unconfirmed if the store lacks what the check needs, such as the
    /// address, gas and input of a precompile call. A result of such a call is verified when a program asks for it.
    ///
    /// Exit status 1 if the store is damaged or a pre-image is bad, and 2 if a pre-image of an undamaged store cannot be
    /// read. Unconfirmed pre-images do not count.
    Verify {
        /// The store.
        store: PathBuf,
        #[command(flatten)]
        waiting: Waiting,
    },
}

/// For how long to wait for other processes.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Waiting {
    /// Seconds to wait while another process writes to the store.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = values::number::<u64>)]
    lock_timeout: u64,
}

impl Waiting {
    fn options(self) -> StoreOptions {
        StoreOptions { lock_timeout: Duration::from_secs(self.lock_timeout) }
    }
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    match args.command {
        Command::Import { from, store: into, verify, waiting } => {
            let from = waiting.options().open(&from)?;
            let (store, number) =
                with_progress(|progress| waiting.options().import(&*from, &into, progress))?;
            let into = printable(into.display());
            output::line(format_args!("{number} pre-images imported into {into}"))?;
            if verify { verify_all(store) } else { Ok(Status::True) }
        }
        Command::Export { store, out } => export(&*store::open(&store)?, &out),
        Command::Stats { store, json } => {
            let counts = Counts::of(&*store::open(&store)?)?;
            if json {
                print_json(&counts)?;
            } else {
                print_text(&counts)?;
            }
            Ok(Status::True)
        }
        Command::Verify { store, waiting } => verify_all(waiting.options().open(&store)?),
    }
}

/// Does `work`, which reports how many pre-images are done and how many there are, and shows that on a terminal.
fn with_progress<T>(work: impl FnOnce(&mut dyn FnMut(usize, usize)) -> HostResult<T>) -> HostResult<T> {
    if !Stream::Stderr.is_terminal() {
        return work(&mut |_, _| {});
    }
    let bar = progress::bar(0, "pre-images");
    let done = work(&mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    done
}

fn export(store: &dyn PreimageStore, out: &Path) -> anyhow::Result<Status> {
    if out == Path::new("-") {
        let number = export_to_output(store)?;
        output::message(format_args!("{number} pre-images exported"));
    } else {
        let number = fixture::save(store, out)?;
        output::line(format_args!("{number} pre-images exported to {}", printable(out.display())))?;
    }
    Ok(Status::True)
}

fn export_to_output(store: &dyn PreimageStore) -> anyhow::Result<usize> {
    let name = Path::new("standard output");
    let mut exported = Ok(0);
    output::write(|out| match fixture::write(store, out, name) {
        Err(HostError::Io { path, source }) if path == name => Err(source),
        done => {
            exported = done;
            Ok(())
        }
    })?;
    Ok(exported?)
}

fn verify_all(store: Arc<dyn PreimageStore>) -> anyhow::Result<Status> {
    let verified = Verified::new(store);
    let findings = with_progress(|progress| verified.check_everything(progress))?;
    if let Some(damage) = &findings.damage {
        output::line(format_args!("damaged {}", printable(damage)))?;
    }
    for (key, error) in &findings.bad {
        output::line(format_args!("bad {key}: {}", printable(error)))?;
    }
    for (_, error) in &findings.unreadable {
        output::line(format_args!("unreadable {}", printable(error)))?;
    }
    for (key, reason) in &findings.unconfirmed {
        output::line(format_args!("unconfirmed {key}: {}", printable(reason)))?;
    }
    output::line(format_args!(
        "{} good, {} bad, {} unreadable, {} unconfirmed",
        findings.good,
        findings.bad.len(),
        findings.unreadable.len(),
        findings.unconfirmed.len()
    ))?;
    let is_bad = findings.damage.is_some() || !findings.bad.is_empty();
    let pass = if is_bad { Status::False } else { Status::True };
    // Damage explains why pre-images cannot be read. Without it, the ones that cannot be read may be good.
    let is_open = findings.damage.is_none() && !findings.unreadable.is_empty();
    Ok(pass.and(if is_open { Status::Undecided } else { Status::True }))
}

fn print_text(counts: &Counts) -> Result<(), OutputError> {
    for kind in PreimageKeyType::ALL {
        let count = counts.get(kind);
        if count.number > 0 {
            print_count(kind_name(kind), count)?;
        }
    }
    print_count("total", counts.total())
}

fn print_count(name: &str, count: Count) -> Result<(), OutputError> {
    output::line(format_args!("{name:<12} {:>9} {:>12} bytes", count.number, count.bytes))
}

fn print_json(counts: &Counts) -> Result<(), OutputError> {
    let kinds = PreimageKeyType::ALL.map(|kind| {
        let count = counts.get(kind);
        json!({ "kind": kind_name(kind), "type": kind as u8, "number": count.number, "bytes": count.bytes })
    });
    output::line(json!(kinds))
}
