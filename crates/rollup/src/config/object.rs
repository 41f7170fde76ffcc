//! Reads config files field by field, so that every error can name the field.
//!
//! Configs come from several programs, which write the same value in different ways: a number as a JSON number, in
//! hexadecimal or in decimal digits, a hash with `0x` or without. `null` is the same as absent.

use alloc::{
    format,
    string::{String, ToString},
};

use alloy_primitives::{U256, hex};
use serde_json::{Map, Value};

use super::fork::{UnknownFork, UnknownForks};
use crate::RollupError;

/// A JSON object and where in the file it stands.
#[derive(Clone, Debug)]
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    /// Names of the objects around this one, each followed by a dot.
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
            Value::Array(_) => Err(RollupError::NotAnObject("a JSON array")),
            Value::String(_) => Err(RollupError::NotAnObject("a JSON string")),
            Value::Number(_) => Err(RollupError::NotAnObject("a JSON number")),
            Value::Bool(_) => Err(RollupError::NotAnObject("a JSON truth value")),
            Value::Null => Err(RollupError::NotAnObject("JSON's null")),
        }
    }

    /// An error about the field `name`.
    pub(crate) fn error(&self, name: &str, reason: impl Into<String>) -> RollupError {
        RollupError::Field { field: format!("{}{name}", self.path), reason: reason.into() }
    }

    /// The error about the field `name` whose value is not `expected`.
    fn unexpected(&self, name: &str, value: &Value, expected: &str) -> RollupError {
        self.error(name, format!("{} is not {expected}", shown(value)))
    }

    /// Turns an absent value into an error.
    pub(crate) fn require<T>(&self, value: Option<T>, name: &str) -> Result<T, RollupError> {
        value.ok_or_else(|| self.error(name, "is missing"))
    }

    /// The value of a setting that has two names, each given with what the file has under it.
    ///
    /// # Errors
    /// [`RollupError::Contradiction`] if both are there and differ.
    pub(crate) fn either<T: PartialEq>(
        &self,
        first: (&str, Option<T>),
        second: (&str, Option<T>),
    ) -> Result<Option<T>, RollupError> {
        match (first, second) {
            ((first, Some(one)), (second, Some(other))) if one != other => {
                let path = |name| format!("{}{name}", self.path);
                Err(RollupError::Contradiction { first: path(first), second: path(second) })
            }
            ((_, one), (_, other)) => Ok(one.or(other)),
        }
    }

    /// The field, unless it is absent or null.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A nested object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, RollupError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self { fields, path: format!("{}{name}.", self.path) })),
            Some(value) => Err(self.unexpected(name, value, "an object")),
        }
    }

    /// A number below 2^256, in any of the forms above.
    pub(crate) fn u256(&self, name: &str) -> Result<Option<U256>, RollupError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = match value {
            Value::Number(number) => number.as_u64().map(U256::from),
            Value::String(text) => quantity(text),
            _ => None,
        };
        number.map(Some).ok_or_else(|| self.unexpected(name, value, "an unsigned number"))
    }

    /// A number that fits `T`.
    pub(crate) fn number<T: TryFrom<u64>>(&self, name: &str) -> Result<Option<T>, RollupError> {
        let Some(number) = self.u256(name)? else { return Ok(None) };
        let fitting = u64::try_from(number).ok().and_then(|number| T::try_from(number).ok());
        fitting.map(Some).ok_or_else(|| self.error(name, format!("{number} is too large")))
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
            Some(value) => Err(self.unexpected(name, value, "true or false")),
        }
    }

    /// Exactly `N` bytes in hexadecimal, with the prefix `0x` or without.
    pub(crate) fn bytes<const N: usize>(&self, name: &str) -> Result<Option<[u8; N]>, RollupError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let bytes = value.as_str().and_then(fixed_bytes);
        bytes
            .map(Some)
            .ok_or_else(|| self.unexpected(name, value, &format!("a string of {} hexadecimal digits", 2 * N)))
    }

    /// The fields that end in `suffix`, in any letter case, and are not known: forks that this program does not have.
    /// op-node reads fields in any letter case.
    pub(crate) fn unknown_forks(
        &self,
        suffix: &str,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<UnknownForks, RollupError> {
        let suffix = suffix.to_ascii_lowercase();
        let is_time = |name: &str| name.to_ascii_lowercase().ends_with(&suffix);
        let names = self.fields.keys().filter(|name| is_time(name) && !is_known(name));
        let forks =
            names.map(|name| Ok(self.u64(name)?.map(|time| UnknownFork { field: name.clone(), time })));
        forks.filter_map(Result::transpose).collect()
    }

    /// Exactly `N` bytes, as the type that wraps them.
    pub(crate) fn fixed<const N: usize, T: From<[u8; N]>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, RollupError> {
        Ok(self.bytes(name)?.map(T::from))
    }
}

/// The most characters of a value in an error. A hash has 68.
const MOST_SHOWN: usize = 80;

/// A value for an error. A long one is cut off.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Reads a number below 2^256 from its digits: hexadecimal after `0x`, decimal otherwise. Signs, spaces and separators
/// are refused.
///
/// ```
/// use tribunal_rollup::quantity;
///
/// assert_eq!(quantity("0x1f"), quantity("31"));
/// assert_eq!(quantity("1f"), None);
/// ```
pub fn quantity(text: &str) -> Option<U256> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|digit| (digit as char).is_digit(radix));
    plain.then(|| U256::from_str_radix(digits, radix.into()).ok()).flatten()
}

/// Reads exactly `N` bytes in hexadecimal, with the prefix `0x` or without.
///
/// ```
/// use tribunal_rollup::fixed_bytes;
///
/// assert_eq!(fixed_bytes("0x0aff"), Some([0x0a, 0xff]));
/// assert_eq!(fixed_bytes("0aff"), Some([0x0a, 0xff]));
/// assert_eq!(fixed_bytes::<2>("0x0a"), None);
/// ```
pub fn fixed_bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    (digits.len() == 2 * N).then(|| hex::decode_to_array(digits).ok()).flatten()
}
