//! Writes the table of Lagrange points that blobs are verified with, by asking c-kzg for the commitments of the blobs
//! that are one at a single element: `cargo run --release --features verify --example lagrange_table -- FILE`.

use c_kzg::{BYTES_PER_BLOB, Blob, ethereum_kzg_settings};
use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
    let Some(path) = env::args_os().nth(1) else {
        eprintln!("usage: lagrange_table FILE");
        return ExitCode::FAILURE;
    };
    match table().and_then(|table| fs::write(path, table).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lagrange_table: {error}");
            ExitCode::FAILURE
        }
    }
}

/// 4096 points in the order of a blob's elements, each as 48 bytes x and 48 bytes y, big-endian.
fn table() -> Result<Vec<u8>, String> {
    let settings = ethereum_kzg_settings(0);
    let mut table = Vec::with_capacity(96 * 4096);
    for element in 0..4096 {
        let mut blob = [0; BYTES_PER_BLOB];
        blob[32 * element + 31] = 1;
        let commitment =
            settings.blob_to_kzg_commitment(&Blob::new(blob)).map_err(|error| format!("{error:?}"))?;
        let point = blst::min_pk::PublicKey::uncompress(&commitment.to_bytes().into_inner())
            .map_err(|error| format!("{error:?}"))?;
        table.extend(point.serialize());
    }
    Ok(table)
}
