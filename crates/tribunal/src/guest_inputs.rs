//! The inputs of a guest on the command line: the values of its local keys, and pre-images that it reads by their hashes.

use alloy_primitives::{B256, hex, keccak256};
use anyhow::Context;
use clap::builder::{OsStringValueParser, TypedValueParser};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
};
use tribunal_preimage::PreimageKey;
use tribunal_vm::{Oracle, OracleError};

use crate::{commands::vm::input, count::count};

/// The flags for inputs.
#[derive(Debug, clap::Args)]
pub(crate) struct GuestInputs {
    /// The value of the program's local key 1, of key 2 the next time, and so on: a file, or bytes in hexadecimal after 0x.
    #[arg(long = "input", value_name = "FILE|HEX", value_parser = parser())]
    inputs: Vec<Input>,
    /// Bytes that the program may read by their hash, Keccak-256 or SHA-256: a file, or hexadecimal after 0x. May be given
    /// several times.
    #[arg(long = "preimage", value_name = "FILE|HEX", value_parser = parser())]
    preimages: Vec<Input>,
}

/// Reads the value of a flag.
fn parser() -> impl TypedValueParser<Value = Input> {
    OsStringValueParser::new().try_map(|text| Input::parse(&text))
}

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Input {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Input {
    fn read(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => input::plain(path),
        }
    }

    fn parse(text: &OsStr) -> Result<Self, String> {
        let digits =
            text.to_str().and_then(|text| text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")));
        let Some(digits) = digits else { return Ok(Self::File(OsString::from(text).into())) };
        match hex::decode(digits) {
            // The library would take another prefix after the first.
            Ok(bytes) if bytes.len() * 2 == digits.len() => Ok(Self::Bytes(bytes)),
            _ if digits.len() % 2 == 1 => Err("the number of hexadecimal digits is odd".to_owned()),
            _ => Err("there are other characters than hexadecimal digits after 0x".to_owned()),
        }
    }
}

impl GuestInputs {
    /// Reads the files.
    pub(crate) fn read(&self) -> anyhow::Result<Inputs> {
        let read = |(index, input): (usize, &Input)| {
            input.read().with_context(|| format!("cannot read input {}", index + 1))
        };
        let local = self.inputs.iter().enumerate().map(read).collect::<anyhow::Result<_>>()?;
        let mut hashed = BTreeMap::new();
        for preimage in &self.preimages {
            let bytes = preimage.read()?;
            let sha256 = <[u8; 32]>::from(Sha256::digest(&bytes));
            hashed.insert(PreimageKey::new_sha256(sha256).into(), bytes.clone());
            hashed.insert(PreimageKey::new_keccak256(keccak256(&bytes)).into(), bytes);
        }
        Ok(Inputs { local, hashed })
    }
}

/// The pre-images that the command line gives.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The values of the local keys from 1 on.
    local: Vec<Vec<u8>>,
    /// By keys that are hashes.
    hashed: BTreeMap<B256, Vec<u8>>,
}

impl Inputs {
    /// An oracle that has these values, and asks `others` for the rest.
    pub(crate) fn before(self, others: Box<dyn Oracle>) -> Box<dyn Oracle> {
        Box::new(WithInputs { inputs: self, others })
    }
}

struct WithInputs {
    inputs: Inputs,
    others: Box<dyn Oracle>,
}

impl Oracle for WithInputs {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let Some(number) = local_number(key) else {
            let given = self.inputs.hashed.get(key).cloned();
            return given.map_or_else(|| self.others.preimage(key), Ok);
        };
        let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        if let Some(value) = index.and_then(|index| self.inputs.local.get(index)) {
            return Ok(value.clone());
        }
        self.others.preimage(key).map_err(|OracleError { request, source }| {
            let given = count(self.inputs.local.len() as u64, "input");
            let missing = format!("local key {number} is the value of --input number {number}");
            OracleError::new(request, format!("{source}, and with {given}: {missing}"))
        })
    }

    fn hint(&mut self, hint: &[u8]) -> Result<(), OracleError> {
        self.others.hint(hint)
    }
}

/// The number of a local key.
fn local_number(key: &B256) -> Option<u64> {
    let number = u64::from_be_bytes(*key.last_chunk()?);
    (B256::from(PreimageKey::new_local(number)) == *key).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_vm::NoOracle;

    #[test]
    fn inputs_are_bytes_or_files() {
        let bytes = |bytes: &[u8]| Ok(Input::Bytes(bytes.to_vec()));
        for (text, expected) in [
            ("0x", bytes(b"")),
            ("0X00fF", bytes(&[0, 0xff])),
            ("1234", Ok(Input::File("1234".into()))),
            ("./0x12", Ok(Input::File("./0x12".into()))),
        ] {
            assert_eq!(Input::parse(text.as_ref()), expected);
        }
        for wrong in ["0x1", "0x0x12", "0xgg", "0x12 ", "0x+1"] {
            assert!(Input::parse(wrong.as_ref()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn inputs_are_the_local_keys_from_1_on() {
        let mut oracle = Inputs { local: vec![b"one".to_vec(), Vec::new()], ..Inputs::default() }
            .before(Box::new(NoOracle));
        let mut get = |key: PreimageKey| oracle.preimage(&B256::from(key));
        assert_eq!(get(PreimageKey::new_local(1)).unwrap(), b"one");
        assert_eq!(get(PreimageKey::new_local(2)).unwrap(), b"");
        for number in [0, 3, u64::MAX] {
            let error = get(PreimageKey::new_local(number)).unwrap_err().to_string();
            assert!(error.contains("2 inputs") && error.contains(&format!("key {number}")), "{error}");
        }
        let error = get(PreimageKey::new_keccak256([0; 32])).unwrap_err().to_string();
        assert!(!error.contains("--input"), "{error}");
        oracle.hint(b"anything").unwrap();
    }

    #[test]
    fn preimages_are_found_by_their_hashes() {
        let flags = GuestInputs { inputs: Vec::new(), preimages: vec![Input::Bytes(b"abc".to_vec())] };
        let mut oracle = flags.read().unwrap().before(Box::new(NoOracle));
        // The first bytes are the types.
        let keccak = hex!("0203657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
        let sha = hex!("0478 16bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        for mut key in [keccak, sha] {
            assert_eq!(oracle.preimage(&key.into()).unwrap(), b"abc");
            key[31] ^= 1;
            assert!(oracle.preimage(&key.into()).is_err());
        }
    }
}
