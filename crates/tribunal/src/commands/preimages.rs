//! `tribunal preimages`: move, count and verify pre-images.

use serde_json::json;
use std::{path::PathBuf, sync::Arc};
use tribunal_host::{
    Verified, fixture, kind_name,
    store::{self, Count, Counts},
};
use tribunal_preimage::PreimageKeyType;

use crate::{
    exit::Status,
    output::{self, OutputError},
};

/// Move, count and verify pre-images.
///
/// A store is a pack (`*.pack`), a redb database (`*.redb`), a folder with a file per pre-image, or, to read from, a
/// fixture folder or its `preimages.bin.zst`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Copy all pre-images of one store into another, which is made if it is not there.
    Import {
        /// Where to read: a store of any kind.
        from: PathBuf,
        /// Where to write; the ending says what kind of store to make.
        #[arg(long, value_name = "PATH")]
        store: PathBuf,
        /// Verify everything that can be, once and for all.
        #[arg(long)]
        verify: bool,
    },
    /// Write all pre-images of a store to a file in the exchange format.
    Export {
        /// The store.
        store: PathBuf,
        /// The file, by custom `preimages.bin.zst`.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Count pre-images and bytes by kind.
    Stats {
        /// The store.
        store: PathBuf,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Check every pre-image against its key. Exit status 1 when one is bad.
    Verify {
        /// The store.
        store: PathBuf,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<Status> {
    match args.command {
        Command::Import { from, store: into, verify } => {
            let (from, store) = (store::open(&from)?, store::create(&into)?);
            let number = store::copy(&*from, &*store, &mut |_, _| {})?;
            output::line(format_args!("{number} pre-images imported into {}", into.display()))?;
            if verify { verify_all(store) } else { Ok(Status::True) }
        }
        Command::Export { store, out } => {
            let number = fixture::save(&*store::open(&store)?, &out)?;
            output::line(format_args!("{number} pre-images exported to {}", out.display()))?;
            Ok(Status::True)
        }
        Command::Stats { store, json } => {
            let counts = Counts::of(&*store::open(&store)?)?;
            if json {
                print_json(&counts)?;
            } else {
                print_text(&counts)?;
            }
            Ok(Status::True)
        }
        Command::Verify { store } => verify_all(store::open(&store)?),
    }
}

fn verify_all(store: Arc<dyn store::PreimageStore>) -> anyhow::Result<Status> {
    let findings = Verified::new(store).check_everything(&mut |_, _| {})?;
    for (key, error) in &findings.bad {
        output::line(format_args!("bad {key}: {error}"))?;
    }
    output::line(format_args!(
        "{} good, {} bad, {} that nothing in the store can confirm",
        findings.good,
        findings.bad.len(),
        findings.unverifiable.len()
    ))?;
    Ok(if findings.bad.is_empty() { Status::True } else { Status::False })
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
