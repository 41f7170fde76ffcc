//! Lists in JSON, up to a length.

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// The values of an array, or of an object whatever its keys are; none for `null`. At most `MOST`.
///
/// An item of a byte or two would take many times as much in memory, so that an answer of a permitted size could fill it.
#[derive(Debug)]
pub(crate) struct BoundedList<T, const MOST: usize>(pub(crate) Vec<T>);

impl<T, const MOST: usize> Default for BoundedList<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MOST: usize> BoundedList<T, MOST> {
    fn push<E: Error>(&mut self, item: T) -> Result<(), E> {
        if self.0.len() >= MOST {
            return Err(E::custom(format_args!("a list of more than {MOST} items")));
        }
        self.0.push(item);
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for BoundedList<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

struct Any<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Any<T, MOST> {
    type Value = BoundedList<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array, an object or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BoundedList::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = BoundedList::default();
        while let Some(item) = items.next_element()? {
            list.push(item)?;
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = BoundedList::default();
        while let Some((IgnoredAny, item)) = items.next_entry()? {
            list.push(item)?;
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vec<u8>, String> {
        serde_json::from_str::<BoundedList<u8, 3>>(json).map(|list| list.0).map_err(|error| error.to_string())
    }

    #[test]
    fn arrays_and_objects_have_values() {
        for (json, values) in [
            ("[]", &[][..]),
            ("null", &[]),
            ("{}", &[]),
            ("[1,2,3]", &[1, 2, 3]),
            ("{\"b\":1,\"a\":2}", &[1, 2]),
        ] {
            assert_eq!(read(json).as_deref(), Ok(values), "{json}");
        }
        for json in ["5", "\"\"", "[\"\"]", "[1,2", "[[1]]"] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn long_lists_are_refused() {
        for json in ["[1,2,3,4]", "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}"] {
            assert!(read(json).unwrap_err().contains("more than 3 items"), "{json}");
        }
    }
}
