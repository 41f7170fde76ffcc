//! The inputs of a guest on the command line: the values of its local keys.

use alloy_primitives::{B256, hex};
use anyhow::Context;
use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};
use tribunal_preimage::PreimageKey;
use tribunal_vm::{Oracle, OracleError};

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::{commands::vm::input, count::count};

/// The flag for inputs.
#[derive(Debug, clap::Args)]
pub(crate) struct GuestInputs {
    /// The value of the program's local key 1, of key 2 the next time, and so on: a file, or bytes in hexadecimal after 0x.
    #[arg(long = "input", value_name = "FILE|HEX", value_parser = OsStringValueParser::new().try_map(|text| Input::parse(&text)))]
    inputs: Vec<Input>,
}

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Input {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Input {
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
        let read = |(index, input): (usize, &Input)| match input {
            Input::Bytes(bytes) => Ok(bytes.clone()),
            Input::File(path) => input::plain(path).with_context(|| format!("no input {}", index + 1)),
        };
        Ok(Inputs(self.inputs.iter().enumerate().map(read).collect::<anyhow::Result<_>>()?))
    }
}

/// The values of the local keys from 1 on.
#[derive(Debug)]
pub(crate) struct Inputs(Vec<Vec<u8>>);

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
        let number = local_number(key);
        let index = number.and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
        match index.and_then(|index| self.inputs.0.get(index)) {
            Some(value) => Ok(value.clone()),
            None => self.others.preimage(key).map_err(|OracleError { request, source }| match number {
                Some(number) => {
                    let given = count(self.inputs.0.len() as u64, "input");
                    OracleError::new(
                        request,
                        format!("{source}, and with {given}: local key {number} is the value of --input number {number}"),
                    )
                }
                None => OracleError { request, source },
            }),
        }
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
        let mut oracle = Inputs(vec![b"one".to_vec(), Vec::new()]).before(Box::new(NoOracle));
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
}
