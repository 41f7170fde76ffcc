//! Why a source has no answer.

use std::fmt;
use tribunal_preimage::PreimageKey;

/// Different attempts that an error keeps.
const MOST_ATTEMPTS: usize = 8;

/// Bytes of a text that an attempt keeps. A node can send megabytes as the reason of a failure.
const MOST_BYTES: usize = 300;

/// Bytes that are kept of why a source gave up.
const MOST_WHY: usize = 1000;

/// A request that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where it went: an address without secrets.
    pub endpoint: String,
    /// What it asked for: the name of a method, or a path.
    pub method: String,
    /// The pre-image that it was for.
    pub key: PreimageKey,
    /// What went wrong.
    pub reason: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} for {}: {}", self.method, self.endpoint, self.key, self.reason)
    }
}

/// What a [`Source`](crate::Source) tried before it gave up.
///
/// However long a source retries, this stays small: equal attempts are counted, only the last eight different ones are kept,
/// and long texts are cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceError {
    /// Different attempts and how often each was made, in the order in which they were added first.
    attempts: Vec<(Attempt, u64)>,
    /// Attempts that are no longer kept.
    left_out: u64,
    /// Why the source gave up, where the attempts do not say it.
    why: Option<String>,
}

impl SourceError {
    /// Adds an attempt.
    pub fn add(&mut self, mut attempt: Attempt) {
        for text in [&mut attempt.endpoint, &mut attempt.method, &mut attempt.reason] {
            cut(text);
        }
        if let Some((_, times)) = self.attempts.iter_mut().find(|(known, _)| *known == attempt) {
            *times += 1;
            return;
        }
        if self.attempts.len() == MOST_ATTEMPTS {
            self.left_out += self.attempts.remove(0).1;
        }
        self.attempts.push((attempt, 1));
    }

    /// Says why the source gave up: something about all attempts, as how long it waited.
    pub fn explain(&mut self, mut why: String) {
        cut_at(&mut why, MOST_WHY);
        self.why = Some(why);
    }

    /// Why the source gave up, if it said so.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// The attempts that were kept and how often each was made, the oldest first.
    pub fn attempts(&self) -> impl Iterator<Item = (&Attempt, u64)> {
        self.attempts.iter().map(|(attempt, times)| (attempt, *times))
    }
}

impl From<Attempt> for SourceError {
    fn from(attempt: Attempt) -> Self {
        let mut error = Self::default();
        error.add(attempt);
        error
    }
}

impl std::error::Error for SourceError {}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(why) = &self.why {
            f.write_str(why)?;
            separator = "; ";
        }
        if self.left_out > 0 {
            write!(f, "{separator}{} earlier attempts", self.left_out)?;
            separator = ", ";
        }
        for (attempt, times) in &self.attempts {
            write!(f, "{separator}{attempt}")?;
            if *times > 1 {
                write!(f, " ({times} times)")?;
            }
            separator = ", ";
        }
        if self.attempts.is_empty() && self.why.is_none() {
            f.write_str("nothing was tried")?;
        }
        Ok(())
    }
}

fn cut(text: &mut String) {
    cut_at(text, MOST_BYTES);
}

/// Cuts a text that is longer than `most` bytes, at the end of a character.
fn cut_at(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(endpoint: &str, reason: &str) -> Attempt {
        Attempt {
            endpoint: endpoint.into(),
            method: "debug_getRawHeader".into(),
            key: PreimageKey::new_keccak256([7; 32]),
            reason: reason.into(),
        }
    }

    #[test]
    fn equal_attempts_are_counted() {
        let mut error = SourceError::default();
        assert_eq!(error.to_string(), "nothing was tried");
        for endpoint in ["http://a", "http://b", "http://a"] {
            error.add(attempt(endpoint, "down"));
        }
        let key = PreimageKey::new_keccak256([7; 32]);
        assert_eq!(
            error.to_string(),
            format!(
                "debug_getRawHeader at http://a for {key}: down (2 times), \
                 debug_getRawHeader at http://b for {key}: down"
            )
        );
    }

    #[test]
    fn why_a_source_gave_up_comes_first() {
        let mut error = SourceError::default();
        error.explain("no node answers".into());
        assert_eq!(error.to_string(), "no node answers");
        error.add(attempt("http://a", "down"));
        assert!(error.to_string().starts_with("no node answers; debug_getRawHeader at http://a for "));
        error.explain("é".repeat(MOST_WHY));
        assert!(error.to_string().len() < MOST_WHY + MOST_BYTES);
    }

    #[test]
    fn many_and_long_attempts_stay_bounded() {
        let mut error = SourceError::default();
        for number in 0..1000 {
            error.add(attempt("http://a", &format!("{number} {}", "é".repeat(10_000))));
            error.add(attempt("http://b", "down"));
        }
        let kept: Vec<_> = error.attempts().collect();
        assert_eq!(kept.len(), MOST_ATTEMPTS);
        assert!(kept[MOST_ATTEMPTS - 1].0.reason.starts_with("999 é"), "the last attempt is kept");
        assert_eq!(kept.iter().map(|(_, times)| times).sum::<u64>() + error.left_out, 2000);
        assert!(error.to_string().len() < MOST_ATTEMPTS * 4 * MOST_BYTES);
    }
}
