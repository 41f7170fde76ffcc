//! Stops at reads of pre-images.

use alloy_primitives::{B256, hex};
use anyhow::{Context, anyhow, bail};

use super::number::parse_decimal;

/// The reads of pre-images that end a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StopAtRead {
    any: bool,
    /// The first bytes of the key; empty matches no key.
    prefix: Vec<u8>,
    offset: u64,
    /// The first step that may stop.
    step: u64,
    /// The pre-image has more bytes than this, its length of 8 bytes included; 0 is no condition.
    larger_than: i64,
}

impl StopAtRead {
    /// The reads that the flags name: `KEYPREFIX[@OFFSET[@STEP]]`, or a type without that, and a size.
    pub(crate) fn new(read: Option<&str>, kind: &str, larger_than: i64) -> anyhow::Result<Self> {
        let stop = match read {
            Some(read) => Self::parse(read).with_context(|| {
                format!("--stop-at-preimage {read:?} is not of the form KEYPREFIX[@OFFSET[@STEP]]")
            })?,
            None => Self::of_type(kind)?,
        };
        Ok(Self { larger_than, ..stop })
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut parts = text.split('@');
        let key = parts.next().unwrap_or_default();
        let digits = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")).unwrap_or(key);
        let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
        let prefix = hex::decode(even).map_err(|_| anyhow!("the key prefix {key:?} is not hexadecimal"))?;
        if prefix.len() > 32 {
            bail!("the key prefix has {} bytes, but a key has 32", prefix.len());
        }
        let mut number = |name: &'static str| {
            let parsed = parts.next().map_or(Ok(0), parse_decimal);
            parsed.map_err(|error| anyhow!("the {name}: {error}"))
        };
        let (offset, step) = (number("offset")?, number("step")?);
        if let Some(more) = parts.next() {
            bail!("unexpected {more:?} after key, offset and step");
        }
        Ok(Self { prefix, offset, step, ..Self::default() })
    }

    fn of_type(name: &str) -> anyhow::Result<Self> {
        let first_byte = match name {
            "" => return Ok(Self::default()),
            "any" => return Ok(Self { any: true, ..Self::default() }),
            "local" => 1,
            "keccak" => 2,
            "sha256" => 4,
            "blob" => 5,
            "precompile" => 6,
            _ => bail!(
                "--stop-at-preimage-type {name:?} is not a type: use local, keccak, sha256, blob, precompile or any"
            ),
        };
        Ok(Self { prefix: vec![first_byte], ..Self::default() })
    }

    /// Whether any read could end the run.
    pub(crate) fn is_asked(&self) -> bool {
        self.any || !self.prefix.is_empty() || self.larger_than != 0
    }

    /// Whether a read ends the run. With a size, offset and step do not count. A negative size stops at every read.
    pub(crate) fn matches(&self, step: u64, key: &B256, length: usize, offset: u64) -> bool {
        let key_matches = !self.prefix.is_empty() && key.starts_with(&self.prefix);
        if self.any {
            true
        } else if self.larger_than == 0 {
            key_matches && offset == self.offset && step >= self.step
        } else {
            length as i128 > self.larger_than.into() && (key_matches || self.prefix.is_empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> B256 {
        let mut key = B256::repeat_byte(0xaa);
        key[0] = first;
        key
    }

    #[test]
    fn by_key() {
        for text in ["0x02aa@8@100", "2aa@0x8@0x64"] {
            let stop = StopAtRead::new(Some(text), "local", 0).unwrap();
            assert!(stop.is_asked());
            assert!(stop.matches(100, &key(2), 50, 8));
            assert!(!stop.matches(99, &key(2), 50, 8));
            assert!(!stop.matches(100, &key(2), 50, 0));
            assert!(!stop.matches(100, &key(1), 50, 8));
        }
        assert!(StopAtRead::new(Some("2"), "", 0).unwrap().matches(0, &key(2), 8, 0));
        assert!(!StopAtRead::new(Some(""), "any", 0).unwrap().is_asked());
        for bad in ["zz", "02@x", "02@1@y", "02@1@2@3", "02@-1", &"02".repeat(33)] {
            assert!(StopAtRead::new(Some(bad), "", 0).is_err(), "{bad}");
        }
    }

    #[test]
    fn by_type_and_size() {
        assert!(!StopAtRead::new(None, "", 0).unwrap().is_asked());
        assert!(StopAtRead::new(None, "any", 0).unwrap().matches(0, &key(9), 8, 3));
        let blob = StopAtRead::new(None, "blob", 0).unwrap();
        assert!(blob.matches(0, &key(5), 40, 0));
        assert!(!blob.matches(0, &key(5), 40, 8));
        let large = StopAtRead::new(None, "", 100).unwrap();
        assert!(large.matches(0, &key(1), 101, 8));
        assert!(!large.matches(0, &key(1), 100, 8));
        let both = StopAtRead::new(None, "keccak", 100).unwrap();
        assert!(both.matches(0, &key(2), 101, 8));
        assert!(!both.matches(0, &key(1), 101, 8));
        assert!(!both.matches(0, &key(2), 100, 0));
        assert!(StopAtRead::new(None, "Keccak", 0).is_err());
    }

    #[test]
    fn a_negative_size_stops_at_every_read() {
        let any = StopAtRead::new(None, "", -1).unwrap();
        assert!(any.is_asked() && any.matches(0, &key(1), 8, 8));
        let keccak = StopAtRead::new(None, "keccak", -1).unwrap();
        assert!(keccak.matches(0, &key(2), 8, 8));
        assert!(!keccak.matches(0, &key(1), 8, 8));
    }
}
