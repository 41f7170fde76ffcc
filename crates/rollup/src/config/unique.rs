//! Reads JSON in which no object has a field twice.
//!
//! Parsers disagree on such a field: some take the first value, some the last, some refuse it. op-node's also takes names
//! in other letter case. So a file that has a name twice, in any letter case, is refused.

use alloc::{
    borrow::ToOwned,
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use crate::RollupError;

/// Parses JSON in which no object has a field twice, in any letter case.
///
/// # Errors
/// [`RollupError::Json`]; [`RollupError::Field`] with the path of a field that is there twice.
pub fn parse_unique(json: &[u8]) -> Result<Value, RollupError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = read(&mut deserializer).and_then(|read| deserializer.end().map(|()| read));
    read.map_err(RollupError::json)?
}

/// Reads a value from any deserializer. The inner error is that of a field that is there twice.
pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<Value, RollupError>, D::Error> {
    let mut twice = None;
    let value = Unique { place: None, twice: &mut twice }.deserialize(deserializer)?;
    Ok(match twice {
        None => Ok(value),
        Some(field) => Err(RollupError::Field { field, reason: "is there twice".into() }),
    })
}

/// Reads a value, and notes in `twice` the first field that its object already has.
struct Unique<'a> {
    /// Where the value is; `None` for the whole file.
    place: Option<&'a Place<'a>>,
    twice: &'a mut Option<String>,
}

/// A field or an array's element. Places are joined to a path only for an error, so that long names are not copied.
struct Place<'a> {
    around: Option<&'a Self>,
    name: &'a str,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.around {
            Some(around) => write!(f, "{around}.{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let Self { place: around, twice } = self;
        let mut fields = Map::new();
        let mut names = BTreeSet::new();
        while let Some(name) = access.next_key::<String>()? {
            let place = Place { around, name: &name };
            if !names.insert(name.to_ascii_lowercase()) && twice.is_none() {
                *twice = Some(place.to_string());
            }
            let value = access.next_value_seed(Unique { place: Some(&place), twice: &mut *twice })?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let Self { place: around, twice } = self;
        let mut values = Vec::new();
        loop {
            let index = values.len().to_string();
            let place = Place { around, name: &index };
            match access.next_element_seed(Unique { place: Some(&place), twice: &mut *twice })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_serde_json_reads_it() {
        let json =
            br#"{"a": [1, -2, 3.5, "x\n", true, null, {}], "b": {"a": 58750000000000000000000}, "": []}"#;
        assert_eq!(parse_unique(json), Ok(serde_json::from_slice(json).unwrap()));
    }

    #[test]
    fn a_field_that_is_there_twice_is_named_with_its_path() {
        for (json, field) in [
            (r#"{"a": 1, "b": {"c": 1, "c": 1}}"#, "b.c"),
            (r#"{"a": 1, "A": 1}"#, "A"),
            (r#"[{"a": 1}, {"b": 1, "\u0062": 2}]"#, "1.b"),
            (r#"{"a": {"x": 1}, "b": {"x": 1}, "a": {"y": 1, "y": 1}}"#, "a"),
        ] {
            let twice = RollupError::Field { field: field.into(), reason: "is there twice".into() };
            assert_eq!(parse_unique(json.as_bytes()), Err(twice), "{json}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for json in ["", "{", "{} {}", "{1: 2}", r#"{"a": 1, "a""#, "nul"] {
            assert!(matches!(parse_unique(json.as_bytes()), Err(RollupError::Json(_))), "{json}");
        }
        let deep = "[".repeat(1 << 20);
        assert!(matches!(parse_unique(deep.as_bytes()), Err(RollupError::Json(_))));
    }
}
