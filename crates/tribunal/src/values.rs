//! Values on the command line, which every flag reads alike.

use alloy_primitives::B256;
#[cfg(feature = "prover")]
use std::num::NonZeroUsize;
use std::{num::NonZeroU64, time::Duration};

/// A hash: 64 hexadecimal digits, with or without 0x.
pub(crate) fn hash(text: &str) -> Result<B256, String> {
    let digits = hex_digits(text).unwrap_or(text);
    match digits.len() == 64 {
        true => digits.parse().map_err(|_| format!("{text:?} has digits that are not hexadecimal")),
        false => Err(format!("a hash has 64 hexadecimal digits, not {}", digits.len())),
    }
}

/// A number: decimal, or hexadecimal with 0x.
pub(crate) fn number<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let (digits, radix) = hex_digits(text).map_or((text, 10), |digits| (digits, 16));
    // The standard library would accept a sign.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("{text:?} is not a number: use decimal digits, or hexadecimal ones after 0x"));
    }
    let number = u64::from_str_radix(digits, radix).ok().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("{text} is too large"))
}

/// A number of at least 1.
pub(crate) fn count<T: TryFrom<NonZeroU64>>(text: &str) -> Result<T, String> {
    let count = NonZeroU64::new(number(text)?).ok_or("it must be at least 1")?;
    T::try_from(count).map_err(|_| format!("{text} is too large"))
}

/// A number of workers. Each is a thread, and a machine has only so many.
#[cfg(feature = "prover")]
pub(crate) fn workers(text: &str) -> Result<NonZeroUsize, String> {
    match count::<NonZeroUsize>(text)? {
        workers if workers.get() <= 1024 => Ok(workers),
        _ => Err("it must be at most 1024".to_owned()),
    }
}

/// A length of time: a number of seconds, or a number with the unit ms, s, m or h. It is not zero.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        unit => return Err(format!("{unit:?} is not a unit of time: use ms, s, m or h")),
    };
    let number: u64 = count::<NonZeroU64>(digits)?.get();
    number.checked_mul(unit).map(Duration::from_millis).ok_or_else(|| format!("{text} is too long"))
}

fn hex_digits(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "prover")]
    #[test]
    fn numbers_of_workers() {
        assert_eq!(workers("1024").map(NonZeroUsize::get), Ok(1024));
        for wrong in ["0", "1025", "18446744073709551615", "many"] {
            assert!(workers(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        for (text, millis) in
            [("90", 90_000), ("90s", 90_000), ("250ms", 250), ("15m", 900_000), ("2h", 7_200_000)]
        {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)));
        }
        for bad in ["", "s", "0", "0m", "-1s", "1.5s", "1d", "1 s", "18446744073709551615h"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hashes() {
        let digits = "ab".repeat(32);
        let expected = Ok(B256::repeat_byte(0xab));
        for text in [&digits, &format!("0x{digits}"), &format!("0X{}", digits.to_uppercase())] {
            assert_eq!(hash(text), expected);
        }
        for bad in ["", "0x", &digits[1..], &format!("{digits}0"), &digits.replace('a', "g"), "0x0x"] {
            assert!(hash(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(number::<u64>("16491249"), Ok(16_491_249));
        assert_eq!(number::<u64>("0xfbA2f1"), Ok(0xfb_a2f1));
        assert_eq!(number::<u64>("0X10"), Ok(16));
        // Not octal.
        assert_eq!(number::<u64>("010"), Ok(10));
        assert_eq!(number::<u64>("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(number::<u8>("0xff"), Ok(u8::MAX));
        assert!(number::<u8>("256").is_err());
        for bad in ["", "0x", "-1", "+1", "0x+1", "1_000", "1e3", "ff", "18446744073709551616", " 1"] {
            assert!(number::<u64>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn counts() {
        assert_eq!(count::<NonZeroU64>("0x2"), Ok(NonZeroU64::MIN.saturating_add(1)));
        assert!(count::<NonZeroU64>("0").unwrap_err().contains("at least 1"));
        assert!(count::<std::num::NonZeroU8>("300").is_err());
    }
}
