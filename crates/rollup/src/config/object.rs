//! Reading configuration files field by field, so that every error can name the field.
//!
//! Configurations come from several programs that write the same value in different ways: a number as a JSON number, as
//! a hexadecimal quantity or in decimal digits. `null` is the same as absent.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};
use core::str::FromStr;

use alloy_primitives::{U256, hex};
use serde_json::{Map, Value};

use crate::RollupError;

/// A JSON object and where in the file it stands.
#[derive(Clone, Debug)]
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    /// Names on the way here, each followed by a dot.
    path: String,
}

impl RollupError {
    /// Wraps a parser's error.
    pub(crate) fn json(error: serde_json::Error) -> Self {
        Self::Json(error.to_string())
    }
}

impl<'a> Object<'a> {
    /// The whole file.
    pub(crate) fn root(value: &'a Value) -> Result<Self, RollupError> {
        match value {
            Value::Object(fields) => Ok(Self { fields, path: String::new() }),
            _ => Err(RollupError::Json("not an object".to_owned())),
        }
    }

    /// An error about the field `name`.
    pub(crate) fn error(&self, name: &str, reason: &'static str) -> RollupError {
        RollupError::Field { field: format!("{}{name}", self.path), reason }
    }

    /// Turns an absent value into an error.
    pub(crate) fn require<T>(&self, value: Option<T>, name: &str) -> Result<T, RollupError> {
        value.ok_or_else(|| self.error(name, "is missing"))
    }

    /// The field, unless it is absent or null.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A nested object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, RollupError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self { fields, path: format!("{}{name}.", self.path) })),
            Some(_) => Err(self.error(name, "is not an object")),
        }
    }

    /// A number below 2^256, however it is written.
    pub(crate) fn u256(&self, name: &str) -> Result<Option<U256>, RollupError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_u64().map(U256::from),
            Value::String(text) => quantity(text),
            _ => None,
        };
        number.map(Some).ok_or_else(|| self.error(name, "is not an unsigned number"))
    }

    /// A number that fits `T`.
    pub(crate) fn number<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, RollupError> {
        let Some(number) = self.u256(name)? else { return Ok(None) };
        let number = u64::try_from(number).ok().and_then(|number| T::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.error(name, "is too large"))
    }

    /// A 64-bit number.
    pub(crate) fn u64(&self, name: &str) -> Result<Option<u64>, RollupError> {
        self.number(name)
    }

    /// A string.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name).and_then(Value::as_str)
    }

    /// A truth value.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, RollupError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.error(name, "is not true or false")),
        }
    }

    /// Exactly `N` bytes in hexadecimal, with the prefix `0x`.
    pub(crate) fn bytes<const N: usize>(&self, name: &str) -> Result<Option<[u8; N]>, RollupError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
        let bytes = digits.and_then(|digits| hex::decode_to_array(digits).ok());
        bytes.map(Some).ok_or_else(|| self.error(name, "is not a 0x-prefixed string of the right length"))
    }

    /// Exactly `N` bytes, as the type that wraps them.
    pub(crate) fn fixed<const N: usize, T: From<[u8; N]>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, RollupError> {
        Ok(self.bytes(name)?.map(T::from))
    }
}

/// Digits, hexadecimal behind `0x` and decimal otherwise; no sign, no separators.
fn quantity(text: &str) -> Option<U256> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|digit| (digit as char).is_digit(radix));
    plain.then(|| U256::from_str(text).ok()).flatten()
}
