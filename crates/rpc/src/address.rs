//! The address of a node, with the authentication taken out.

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use std::{fmt, path::Path, str::FromStr};

use crate::{endpoint::JwtSecret, error::RpcError};

/// Segments of a path with as many characters as this may be keys of an API.
const KEY_LENGTH: usize = 16;

/// Shorter secrets are left in texts of nodes: they could be any syllable.
const SHORTEST: usize = 3;

/// What stands for a secret.
const HIDDEN: &str = "…";

/// How a node is asked: an address that starts with `http://` or `https://`.
///
/// User and password in it become basic authentication. What is printed of an address has no user, password or query, and
/// no long part of the path, because hosted nodes put their keys there.
///
/// ```
/// use tribunal_rpc::Address;
///
/// let address: Address = "https://user:secret@node.example/v2/0123456789abcdef?key=secret".parse()?;
/// assert_eq!(address.to_string(), "https://node.example:443/v2/…");
/// # Ok::<(), tribunal_rpc::RpcError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Without user, password and fragment.
    url: Url,
    authentication: Authentication,
    shown: String,
}

/// What the node wants to see beside the request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Authentication {
    None,
    Basic { user: String, password: String },
    Bearer { token: String },
    Jwt { secret: JwtSecret },
}

impl Address {
    /// Sends this token with each request (`Authorization: Bearer`), in place of what the address had. Space around it is
    /// cut off, so that it can be read from a file.
    #[must_use]
    pub fn with_bearer(mut self, token: &str) -> Self {
        self.authentication = Authentication::Bearer { token: token.trim().into() };
        self
    }

    /// Signs each request with a secret, as authenticated ports want it, in place of what the address had. The file has the
    /// secret's 32 bytes in hex.
    ///
    /// # Errors
    /// [`RpcError`] if the file cannot be read, or has something else.
    pub fn with_jwt_secret(mut self, file: &Path) -> Result<Self, RpcError> {
        self.authentication = Authentication::Jwt { secret: JwtSecret::read(file)? };
        Ok(self)
    }

    /// Whether the node is sent a user, a password, a token or a signature.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.authentication != Authentication::None
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Where calls go.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The URL of a path below this address: `eth/v1/node/version`, perhaps with a query.
    pub(crate) fn join(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{}", self.url.path().trim_end_matches('/'), path.trim_start_matches('/')));
        match (self.url.query(), query) {
            (Some(own), Some(query)) => url.set_query(Some(&format!("{own}&{query}"))),
            (None, Some(query)) => url.set_query(Some(query)),
            (_, None) => {}
        }
        url
    }

    /// A text that the node sent, without the secrets of this address and without control characters.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        for secret in self.secrets() {
            text = text.replace(&secret, HIDDEN);
        }
        text
    }

    /// The secrets of the address, as they stand in it and decoded. The longest come first, because one can be a part
    /// of another.
    fn secrets(&self) -> Vec<String> {
        let segments = self.url.path_segments().into_iter().flatten().filter(|segment| is_key(segment));
        let mut secrets: Vec<String> = segments.map(Into::into).collect();
        secrets.extend(self.url.query().map(Into::into));
        secrets.extend(self.url.query_pairs().map(|(_, value)| value.into_owned()));
        secrets.extend(secrets.clone().iter().map(|secret| decoded(secret)));
        match &self.authentication {
            // A signature is made for each request, and taken out where that is known.
            Authentication::None | Authentication::Jwt { .. } => {}
            Authentication::Basic { user, password } => {
                secrets.extend([user.clone(), password.clone(), basic(user, password)]);
            }
            Authentication::Bearer { token } => secrets.push(token.clone()),
        }
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

impl FromStr for Address {
    type Err = RpcError;

    fn from_str(text: &str) -> Result<Self, RpcError> {
        // The text may have secrets anywhere, so that no error repeats it.
        let refused = |reason: &'static str| RpcError::Address { reason };
        let lower = text.trim().to_ascii_lowercase();
        if lower.starts_with("ws://") || lower.starts_with("wss://") {
            return Err(refused(
                "websockets are not supported; give the http:// or https:// address of the node",
            ));
        }
        if lower.starts_with("ipc:") || lower.starts_with('/') || lower.ends_with(".ipc") {
            return Err(refused("IPC is not supported; give the http:// or https:// address of the node"));
        }
        if !lower.starts_with("http://") && !lower.starts_with("https://") {
            return Err(refused("it must start with http:// or https://"));
        }
        let mut url = Url::parse(text.trim()).map_err(|_| refused("it is not a URL"))?;
        let authentication = match (url.username(), url.password()) {
            ("", None) => Authentication::None,
            (user, password) => Authentication::Basic {
                user: decoded(user),
                password: password.map(decoded).unwrap_or_default(),
            },
        };
        // These fail only for URLs without a host, which http does not have.
        let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
        if !cleared || url.host_str().is_none_or(str::is_empty) {
            return Err(refused("it names no host"));
        }
        url.set_fragment(None);
        Ok(Self { shown: shown(&url), url, authentication })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic",
            Self::Bearer { .. } => "Bearer",
            Self::Jwt { .. } => "Jwt",
        })
    }
}

/// What may be seen of a URL: scheme, host, port, and the short segments of the path.
fn shown(url: &Url) -> String {
    let segments = url.path_segments().into_iter().flatten();
    let path: Vec<&str> = segments.map(|segment| if is_key(segment) { HIDDEN } else { segment }).collect();
    let path = path.join("/");
    let port = url.port_or_known_default().unwrap_or_default();
    let separator = if path.is_empty() { "" } else { "/" };
    format!("{}://{}:{port}{separator}{path}", url.scheme(), url.host_str().unwrap_or_default())
}

/// User and password as HTTP sends them.
pub(crate) fn basic(user: &str, password: &str) -> String {
    BASE64_STANDARD.encode(format!("{user}:{password}"))
}

fn is_key(segment: &str) -> bool {
    segment.chars().count() >= KEY_LENGTH
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn secrets_are_not_shown() {
        let address = parsed(
            "https://me%40home:pass%20word@node.example/v3/0123456789abcdef0123/rpc?apikey=hidden-key",
        );
        assert_eq!(address.to_string(), "https://node.example:443/v3/…/rpc");
        assert_eq!(format!("{address:?}"), address.to_string());
        let Authentication::Basic { user, password } = address.authentication() else { panic!("basic") };
        assert_eq!((user.as_str(), password.as_str()), ("me@home", "pass word"));
        let said = "no 0123456789abcdef0123\r\nfor me@home with pass word, apikey=hidden-key, hidden-key";
        assert_eq!(address.redact(said), "no …  for … with …, …, …");
        assert_eq!(parsed("http://node").with_bearer("token").redact("the token"), "the …");
    }

    #[test]
    fn addresses_are_shown_with_their_port() {
        for (text, shown) in [
            ("http://localhost:8545", "http://localhost:8545"),
            (" HTTP://Node/ ", "http://node:80"),
            ("http://[::1]:1/a/#part", "http://[::1]:1/a/"),
        ] {
            assert_eq!(parsed(text).to_string(), shown);
        }
    }

    #[test]
    fn paths_are_joined() {
        for (base, path, joined) in [
            ("http://b:1", "eth/v1/a", "http://b:1/eth/v1/a"),
            ("http://b:1/key/", "/eth/v1/a?x=1&x=2", "http://b:1/key/eth/v1/a?x=1&x=2"),
            ("http://b:1/?k=v", "eth", "http://b:1/eth?k=v"),
            ("http://b:1/?k=v", "eth?x=1", "http://b:1/eth?k=v&x=1"),
        ] {
            assert_eq!(parsed(base).join(path).as_str(), joined);
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for (text, said) in [
            ("wss://user:secret@node", "websockets are not supported"),
            ("/secret/geth.ipc", "IPC is not supported"),
            ("secret:8545", "must start with http:// or https://"),
            ("http://", "not a URL"),
            ("http://secret:port", "not a URL"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
