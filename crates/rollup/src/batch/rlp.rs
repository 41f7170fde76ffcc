//! Canonical RLP, item by item, without copying.

use alloy_rlp::{Error, Header};

/// Takes an item off the front of `input` and returns all its bytes, header included, with its payload.
pub(super) fn item<'a>(input: &mut &'a [u8]) -> Result<(Header, &'a [u8], &'a [u8]), Error> {
    let whole = *input;
    let header = Header::decode(input)?;
    let (payload, rest) = input.split_at_checked(header.payload_length).ok_or(Error::InputTooShort)?;
    *input = rest;
    Ok((header, &whole[..whole.len() - rest.len()], payload))
}

/// Takes a byte string off the front of `input`; returns its bytes with header.
pub(super) fn string<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let (header, whole, _) = item(input)?;
    if header.list { Err(Error::UnexpectedList) } else { Ok(whole) }
}

/// Takes a list off the front of `input`; returns its payload.
pub(super) fn list<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let (header, _, payload) = item(input)?;
    if header.list { Ok(payload) } else { Err(Error::UnexpectedString) }
}

/// Takes a byte string of exactly `length` bytes off the front of `input`.
pub(super) fn fixed(input: &mut &[u8], length: usize) -> Result<(), Error> {
    let (header, _, payload) = item(input)?;
    match (header.list, payload.len() == length) {
        (true, _) => Err(Error::UnexpectedList),
        (_, false) => Err(Error::UnexpectedLength),
        _ => Ok(()),
    }
}

/// Takes an integer off the front of `input` and returns its bytes with header. It has at most `max_bytes` bytes;
/// `None` is no limit.
pub(super) fn integer<'a>(input: &mut &'a [u8], max_bytes: Option<usize>) -> Result<&'a [u8], Error> {
    let (header, whole, payload) = item(input)?;
    if header.list {
        return Err(Error::UnexpectedList);
    }
    if payload.first() == Some(&0) {
        return Err(Error::LeadingZero);
    }
    if max_bytes.is_some_and(|max| payload.len() > max) {
        return Err(Error::Overflow);
    }
    Ok(whole)
}

/// Checks that `input` is empty.
pub(super) fn end(input: &[u8]) -> Result<(), Error> {
    if input.is_empty() { Ok(()) } else { Err(Error::UnexpectedLength) }
}
