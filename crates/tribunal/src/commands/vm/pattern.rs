//! Patterns of steps, as Cannon's flags take them.

use std::str::FromStr;

/// Which steps a flag is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StepPattern {
    /// `never`, or nothing.
    #[default]
    Never,
    /// `always`.
    Always,
    /// `=N`.
    At(u64),
    /// `%N`, with N above 0.
    Every(u64),
}

impl StepPattern {
    /// Whether `step` is one of them.
    pub(crate) const fn matches(self, step: u64) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::At(at) => step == at,
            Self::Every(interval) => step.is_multiple_of(interval),
        }
    }

    /// The first of them after `step`.
    pub(crate) fn next_after(self, step: u64) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::Always => step.checked_add(1),
            Self::At(at) => (at > step).then_some(at),
            Self::Every(interval) => (step / interval).checked_add(1)?.checked_mul(interval),
        }
    }
}

impl FromStr for StepPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(at) = text.strip_prefix('=') {
            return parse_number(at).map(Self::At);
        }
        if let Some(interval) = text.strip_prefix('%') {
            return match parse_number(interval)? {
                0 => Err("an interval of 0 steps".to_owned()),
                interval => Ok(Self::Every(interval)),
            };
        }
        match text {
            "" | "never" => Ok(Self::Never),
            "always" => Ok(Self::Always),
            _ => Err("a pattern is never, always, =N (at step N) or %N (every N steps)".to_owned()),
        }
    }
}

/// A number as Go writes it: decimal, or with 0x, 0b, 0o or 0 before hexadecimal, binary and octal digits; `_` may
/// separate digits.
pub(crate) fn parse_number(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (&lower[..], 10),
    };
    if digits.starts_with('+') {
        return Err(format!("{text:?} is no number"));
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).map_err(|error| format!("{text:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let parse = |text: &str| text.parse::<StepPattern>();
        assert_eq!(parse(""), Ok(StepPattern::Never));
        assert_eq!(parse("never"), Ok(StepPattern::Never));
        assert_eq!(parse("always"), Ok(StepPattern::Always));
        assert_eq!(parse("=123"), Ok(StepPattern::At(123)));
        assert_eq!(parse("%1_000"), Ok(StepPattern::Every(1000)));
        assert_eq!(parse("=0x10"), Ok(StepPattern::At(16)));
        assert_eq!(parse("=010"), Ok(StepPattern::At(8)));
        assert_eq!(parse("=18446744073709551615"), Ok(StepPattern::At(u64::MAX)));
        for bad in ["%0", "=", "%", "3", "=-1", "=+1", "=0x+1", "=18446744073709551616", "Always", "=1 "] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_next_step_is_the_first_that_matches() {
        let patterns = [
            StepPattern::Never,
            StepPattern::Always,
            StepPattern::At(7),
            StepPattern::Every(1),
            StepPattern::Every(5),
            StepPattern::Every(100),
        ];
        for pattern in patterns {
            for step in 0..30 {
                let expected = (step + 1..200).find(|step| pattern.matches(*step));
                assert_eq!(pattern.next_after(step), expected, "{pattern:?} after {step}");
            }
            assert_eq!(pattern.next_after(u64::MAX), None);
        }
        assert_eq!(StepPattern::Every(u64::MAX).next_after(5), Some(u64::MAX));
    }
}
