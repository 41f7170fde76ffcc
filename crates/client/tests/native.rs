//! The native program as a child process, with a host in this process and real pipes between them.

use alloy_primitives::{Bytes, keccak256};
use std::{
    io::pipe,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::process::CommandExt,
    },
    process::{Command, Output, Stdio},
    sync::Arc,
};
use tribunal_host::{
    BootValues, ChainConfigs, Checks, Host, LocalInputs, LocalKeyFlavour, Verified, serve,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::{FdChannel, PreimageKey};
use tribunal_rollup::OutputRoot;

/// A made-up block of OP Mainnet. Claims about the agreed block need only its header.
const NUMBER: u64 = 105_300_000;

/// A host whose agreed block is [`NUMBER`], and its output root.
fn store() -> (Arc<MemoryStore>, [u8; 32]) {
    let header = alloy_consensus::Header { number: NUMBER, timestamp: 1_686_198_777, ..Default::default() };
    let rlp = alloy_rlp::encode(&header);
    let output = OutputRoot {
        state_root: header.state_root,
        withdrawals_storage_root: [7; 32].into(),
        block_hash: keccak256(&rlp),
    };
    let store = MemoryStore::new();
    let put = |value: &[u8]| store.put(PreimageKey::new_keccak256(keccak256(value)), value).unwrap();
    put(&rlp);
    put(&output.encode());
    (Arc::new(store), output.hash().0)
}

fn decide(store: Arc<MemoryStore>, values: BootValues) -> (Output, Result<(), String>) {
    let [acknowledgements, hints, preimages, keys] = std::array::from_fn(|_| pipe().unwrap());
    let child: [OwnedFd; 4] = [acknowledgements.0.into(), hints.1.into(), preimages.0.into(), keys.1.into()];
    let numbers: [RawFd; 4] = std::array::from_fn(|i| child[i].as_raw_fd());
    let mut command = Command::new(env!("CARGO_BIN_EXE_tribunal-client"));
    command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    // SAFETY: between fork and exec only fcntl and dup2 are called, which are async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            let mut high = [0; 4];
            for (high, number) in high.iter_mut().zip(numbers) {
                *high = libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 16);
            }
            for (target, high) in (3..).zip(high) {
                if libc::dup2(high, target) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    let program = command.spawn().unwrap();
    drop(child);
    let local = LocalInputs::new(values, ChainConfigs::default(), LocalKeyFlavour::Kona);
    let host = Arc::new(Host::new(Arc::new(Verified::new(store)), local, Checks::BeforeServing).unwrap());
    let hints = FdChannel::new(hints.0.into(), acknowledgements.1.into());
    let preimages = FdChannel::new(keys.0.into(), preimages.1.into());
    let served = serve(&host, hints, preimages).map_err(|error| error.to_string());
    (program.wait_with_output().unwrap(), served)
}

fn values(agreed: [u8; 32], claimed: [u8; 32], number: u64) -> BootValues {
    BootValues {
        l1_head: [1; 32].into(),
        agreed_output_root: agreed.into(),
        claimed_output_root: claimed.into(),
        claimed_block_number: number,
        chain_id: 10,
    }
}

#[track_caller]
fn expect(output: &Output, code: i32, text: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(text), "{said}");
}

#[test]
fn exit_codes() {
    let (store, agreed) = store();
    let (output, served) = decide(store.clone(), values(agreed, agreed, NUMBER));
    expect(&output, 0, "");
    assert_eq!(served, Ok(()));
    let (output, served) = decide(store.clone(), values(agreed, [9; 32], NUMBER));
    expect(&output, 1, "the claim is false");
    assert_eq!(served, Ok(()));
    let (output, served) = decide(store, values([9; 32], agreed, NUMBER));
    expect(&output, 2, "could not be decided");
    let key = PreimageKey::new_keccak256([9; 32]).to_string();
    assert!(served.unwrap_err().contains(&key));
}

#[test]
fn a_corrupt_preimage_is_not_served() {
    let (store, agreed) = store();
    let key = PreimageKey::new_keccak256(agreed);
    let mut output = Vec::from(store.get(key).unwrap().unwrap_or(Bytes::new()));
    output[40] ^= 1;
    store.put(key, &output).unwrap();
    let (output, served) = decide(store, values(agreed, agreed, NUMBER));
    expect(&output, 2, "could not be decided");
    assert!(served.unwrap_err().contains(&key.to_string()));
}

#[test]
fn without_its_descriptors_it_is_undecided() {
    let output = Command::new(env!("CARGO_BIN_EXE_tribunal-client")).env_clear().output().unwrap();
    expect(&output, 2, "could not be decided");
}
