//! What a node wants to see beside a request: a user and password, a token, or a signed time.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use reqwest::header::HeaderValue;
use sha2::Sha256;
use std::{
    fmt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    address::{Address, Authentication, basic},
    error::RpcError,
};

/// The first part of each signed token: `{"alg":"HS256","typ":"JWT"}`.
const JWT_HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// What goes into the header `Authorization`.
#[derive(Clone)]
pub(crate) enum Credentials {
    None,
    /// The same for each request.
    Fixed(HeaderValue),
    /// Signed anew for each request, because the node accepts a token only for a minute.
    Jwt(JwtSecret),
}

/// The secret that a node and its users share.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct JwtSecret([u8; 32]);

impl Credentials {
    /// What `address` says.
    pub(crate) fn new(address: &Address) -> Result<Self, RpcError> {
        let text = match address.authentication() {
            Authentication::None => return Ok(Self::None),
            Authentication::Jwt { secret } => return Ok(Self::Jwt(secret.clone())),
            Authentication::Basic { user, password } => format!("Basic {}", basic(user, password)),
            Authentication::Bearer { token } => format!("Bearer {token}"),
        };
        sensitive(&text)
            .map(Self::Fixed)
            .ok_or_else(|| RpcError::Credentials { address: address.to_string() })
    }

    /// A text that the node sent, without tokens in it.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self {
            Self::Jwt(_) => {
                let words = text.split(' ');
                let words = words.map(|word| if word.contains(JWT_HEADER) { "…" } else { word });
                words.collect::<Vec<_>>().join(" ")
            }
            // These stand in the address, which hides them.
            Self::None | Self::Fixed(_) => text.into(),
        }
    }

    /// The header for a request that is sent now.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Fixed(value) => Some(value.clone()),
            Self::Jwt(secret) => sensitive(&format!("Bearer {}", secret.token(SystemTime::now()))),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed",
            Self::Jwt(_) => "Jwt",
        })
    }
}

impl JwtSecret {
    /// Reads the secret from a file in which it stands in hex.
    pub(crate) fn read(path: &Path) -> Result<Self, RpcError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| RpcError::File { path: path.into(), source })?;
        let secret = alloy_primitives::hex::decode_to_array(text.trim()).ok();
        secret.map(Self).ok_or_else(|| RpcError::JwtSecret { path: path.into() })
    }

    /// A token that says what time it is.
    fn token(&self, now: SystemTime) -> String {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = BASE64_URL_SAFE_NO_PAD.encode(format!("{{\"iat\":{seconds}}}"));
        let signed = format!("{JWT_HEADER}.{claims}");
        // Zeros up to the length of a block change nothing, and a key of that length is always accepted.
        let mut key = [0; 64];
        key[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = <Hmac<Sha256> as Mac>::new((&key).into());
        mac.update(signed.as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn tokens_are_signed() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        // Computed with another implementation of HS256.
        assert_eq!(
            JwtSecret([7; 32]).token(now),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDB9.\
             q7vdxvYJozZ6UoScEnMgFSivYb-nzMGBXN-k-GD5t_8"
        );
    }

    #[test]
    fn secrets_are_read_from_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let hex = "07".repeat(32);
        for text in [format!("0x{hex}\n"), format!(" {hex} ")] {
            std::fs::write(file.path(), text).unwrap();
            assert!(JwtSecret::read(file.path()).unwrap() == JwtSecret([7; 32]));
        }
        for text in ["", "0707", &"0g".repeat(32)] {
            std::fs::write(file.path(), text).unwrap();
            assert!(matches!(JwtSecret::read(file.path()), Err(RpcError::JwtSecret { .. })));
        }
        assert!(matches!(JwtSecret::read(Path::new("/does/not/exist")), Err(RpcError::File { .. })));
    }

    #[test]
    fn credentials_are_not_shown() {
        let address: Address = "http://user:word@node".parse().unwrap();
        let credentials = Credentials::new(&address).unwrap();
        assert_eq!(format!("{credentials:?} {:?}", credentials.header()), "Fixed Some(Sensitive)");
        let address: Address = "http://node".parse::<Address>().unwrap().with_bearer("line\nbreak");
        let error = Credentials::new(&address).unwrap_err();
        assert!(!error.to_string().contains("break"), "{error}");
    }
}
