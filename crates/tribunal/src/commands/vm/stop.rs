//! When a read of a pre-image ends a run.

use alloy_primitives::{B256, hex};
use anyhow::{Context, bail};

/// Which reads end a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StopAtRead {
    any: bool,
    /// The key's first bytes; without any, no key.
    prefix: Vec<u8>,
    offset: u64,
    /// The step that reads, at the earliest.
    step: u64,
    /// The pre-image is longer than this, its length included; 0 asks nothing of it.
    larger_than: u64,
}

impl StopAtRead {
    /// What the flags ask for: `KEYPREFIX[@OFFSET[@STEP]]`, else the name of a type; and a size.
    pub(crate) fn new(read: Option<&str>, kind: &str, larger_than: u64) -> anyhow::Result<Self> {
        let stop = match read {
            Some(read) => {
                Self::parse(read).with_context(|| format!("invalid --stop-at-preimage {read:?}"))?
            }
            None => Self::of_type(kind)?,
        };
        Ok(Self { larger_than, ..stop })
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut parts = text.split('@');
        let key = parts.next().unwrap_or_default();
        let digits = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")).unwrap_or(key);
        let even = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
        let prefix = hex::decode(even).context("the key")?;
        if prefix.len() > 32 {
            bail!("a key has 32 bytes, not {}", prefix.len());
        }
        let mut number = |name: &'static str| parts.next().map_or(Ok(0), |part| part.parse().context(name));
        let (offset, step) = (number("the offset")?, number("the step")?);
        if parts.next().is_some() {
            bail!("more than a key, an offset and a step");
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
            _ => bail!("invalid preimage type {name:?}: local, keccak, sha256, blob, precompile and any are"),
        };
        Ok(Self { prefix: vec![first_byte], ..Self::default() })
    }

    /// Whether there is any read that would end the run.
    pub(crate) fn is_asked(&self) -> bool {
        self.any || !self.prefix.is_empty() || self.larger_than > 0
    }

    /// Whether this one does. A size counts for the pre-images with the prefix; without a size, offset and step count.
    pub(crate) fn matches(&self, step: u64, key: &B256, length: usize, offset: u64) -> bool {
        let key_matches = !self.prefix.is_empty() && key.starts_with(&self.prefix);
        let is_larger = self.larger_than > 0 && length as u64 > self.larger_than;
        if self.any {
            true
        } else if self.larger_than == 0 {
            key_matches && offset == self.offset && step >= self.step
        } else {
            is_larger && (key_matches || self.prefix.is_empty())
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
        let stop = StopAtRead::new(Some("0x02aa@8@100"), "local", 0).unwrap();
        assert!(stop.is_asked());
        assert!(stop.matches(100, &key(2), 50, 8));
        assert!(!stop.matches(99, &key(2), 50, 8));
        assert!(!stop.matches(100, &key(2), 50, 0));
        assert!(!stop.matches(100, &key(1), 50, 8));
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
}
