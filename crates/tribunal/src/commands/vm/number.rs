//! Numbers as Go reads them, with its prefixes and separators.

use std::num::IntErrorKind;

/// Reads a number: decimal, or with 0x, 0b, 0o or 0 before hexadecimal, binary and octal digits; `_` may separate
/// digits.
pub(crate) fn parse_unsigned(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    parse_digits(digits, radix, text)
}

/// The same with a sign.
pub(crate) fn parse_signed(text: &str) -> Result<i64, String> {
    let (is_negative, magnitude) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = i128::from(parse_unsigned(magnitude)?);
    let number = if is_negative { -magnitude } else { magnitude };
    i64::try_from(number).map_err(|_| format!("{text:?} does not fit into 64 bits with a sign"))
}

/// Reads a number that is decimal, also after a leading 0, unless it begins with 0x.
pub(crate) fn parse_decimal(text: &str) -> Result<u64, String> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    hexadecimal.map_or_else(|| parse_digits(text, 10, text), |digits| parse_digits(digits, 16, text))
}

/// Reads the digits of `text`.
fn parse_digits(digits: &str, radix: u32, text: &str) -> Result<u64, String> {
    // The standard library would accept a sign.
    let unsigned = if digits.starts_with('+') { "" } else { digits };
    u64::from_str_radix(&unsigned.replace('_', ""), radix).map_err(|error| match error.kind() {
        IntErrorKind::PosOverflow => format!("{text:?} is too large"),
        _ => format!("{text:?} is not a number: use decimal digits, or hexadecimal ones after 0x"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let all = ["16", "0x10", "0X1_0", "0b1_0000", "0o20", "020"];
        assert!(all.iter().all(|text| parse_unsigned(text) == Ok(16)));
        assert_eq!(parse_unsigned("18446744073709551615"), Ok(u64::MAX));
        for bad in ["", "-1", "+1", "0x", "0x+1", "1 ", "18446744073709551616", "09"] {
            assert!(parse_unsigned(bad).unwrap_err().contains(&format!("{bad:?}")), "{bad}");
        }
        assert_eq!((parse_decimal("010"), parse_decimal("0x10")), (Ok(10), Ok(16)));
        assert!(parse_decimal("-1").is_err() && parse_decimal("ff").is_err());
        assert_eq!((parse_signed("-1"), parse_signed("+0x10"), parse_signed("7")), (Ok(-1), Ok(16), Ok(7)));
        assert_eq!(parse_signed("-9223372036854775808"), Ok(i64::MIN));
        for bad in ["--1", "-", "9223372036854775808", "-9223372036854775809"] {
            assert!(parse_signed(bad).is_err(), "{bad}");
        }
    }
}
