//! Patterns of steps, as Cannon's flags take them.

use std::str::FromStr;

use super::number::parse_unsigned;

/// The steps that a flag is about.
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
    /// Whether the pattern matches `step`.
    pub(crate) const fn matches(self, step: u64) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::At(at) => step == at,
            Self::Every(interval) => step.is_multiple_of(interval),
        }
    }

    /// The first step after `step` that matches.
    pub(crate) const fn next_after(self, step: u64) -> Option<u64> {
        match self {
            Self::Never => None,
            Self::Always => step.checked_add(1),
            Self::At(at) if at > step => Some(at),
            Self::At(_) => None,
            Self::Every(interval) => match (step / interval).checked_add(1) {
                Some(multiple) => multiple.checked_mul(interval),
                None => None,
            },
        }
    }
}

impl FromStr for StepPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(at) = text.strip_prefix('=') {
            return parse_unsigned(at).map(Self::At);
        }
        if let Some(interval) = text.strip_prefix('%') {
            return match parse_unsigned(interval)? {
                0 => Err("the interval is 0 steps".to_owned()),
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
        for bad in ["%0", "=", "%", "3", "=-1", "Always", "=1 "] {
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
