//! `--security`: what the security of a proof rests on.

use tribunal_zkvm::stark::Parameters;

/// What the security of a proof rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Security {
    /// A conjecture: 59 bits are proven.
    Fast,
    /// 100 bits are proven.
    Proven,
}

impl Security {
    /// The parameters of the proof system.
    pub(crate) const fn parameters(self) -> Parameters {
        match self {
            Self::Proven => Parameters::PROVEN,
            Self::Fast => Parameters::FAST,
        }
    }

    /// That of a proof that was made with these parameters.
    pub(crate) fn of(parameters: &Parameters) -> Self {
        if *parameters == Parameters::PROVEN { Self::Proven } else { Self::Fast }
    }

    /// A description for people.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Proven => "100 bits, proven (FRI in the list-decoding regime)",
            Self::Fast => "100 bits under a conjecture, 59 proven",
        }
    }
}
