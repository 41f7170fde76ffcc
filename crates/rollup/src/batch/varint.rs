//! Variable-length integers as protocol buffers write them: seven bits per byte, the least significant first.

use alloc::vec::Vec;

use crate::RollupError;

/// Takes an integer off the front of `input`. The integer may take more bytes than it needs, but no more than 64
/// bits.
pub(super) fn read(input: &mut &[u8], field: &'static str) -> Result<u64, RollupError> {
    let mut value = 0;
    for place in 0..10 {
        let (&byte, rest) = input.split_first().ok_or(RollupError::Truncated(field))?;
        *input = rest;
        // The tenth byte holds the sixty-fourth bit only.
        if place == 9 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(RollupError::Varint(field))
}

/// Appends the shortest form of `value`.
pub(super) fn write(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms() {
        assert_eq!(read(&mut &[0x80, 0x00][..], "x"), Ok(0));
        assert_eq!(read(&mut &[0x80][..], "x"), Err(RollupError::Truncated("x")));
        let mut max = Vec::new();
        write(u64::MAX, &mut max);
        assert_eq!(read(&mut &max[..], "x"), Ok(u64::MAX));
        max[9] = 2;
        assert_eq!(read(&mut &max[..], "x"), Err(RollupError::Varint("x")));
        assert_eq!(read(&mut &[0xff; 12][..], "x"), Err(RollupError::Varint("x")));
    }

    proptest! {
        #[test]
        fn round_trip(value: u64, tail: u8) {
            let mut out = Vec::new();
            write(value, &mut out);
            out.push(tail);
            let mut input = &out[..];
            prop_assert_eq!(read(&mut input, "x"), Ok(value));
            prop_assert_eq!(input, &[tail][..]);
        }
    }
}
