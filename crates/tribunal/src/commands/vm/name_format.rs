//! Names of files that contain the step, in the notation of Go's `fmt` as Cannon's flags take it.

use std::str::FromStr;

/// The largest width and precision. No file has a longer name.
const MAX_WIDTH: usize = 255;

/// A format such as `proof-%08d.json`, in which every verb stands for the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameFormat(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Step(Verb),
}

impl NameFormat {
    /// The name for a step.
    pub(crate) fn name(&self, step: u64) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Step(verb) => verb.format(step),
        };
        self.0.iter().map(piece).collect()
    }

    /// Whether the files of all steps are in one folder: whether no verb stands before a slash.
    pub(crate) fn has_one_folder(&self) -> bool {
        let mut pieces = self.0.iter().skip_while(|piece| matches!(piece, Piece::Text(_)));
        !pieces.any(|piece| matches!(piece, Piece::Text(text) if text.contains('/')))
    }

    /// Whether each step has a name of its own.
    pub(crate) fn names_the_step(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Step(_)))
    }
}

impl FromStr for NameFormat {
    type Err = String;

    fn from_str(format: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some((text, after)) = rest.split_once('%') {
            pieces.push(Piece::Text(text.to_owned()));
            let (piece, after) = match after.strip_prefix('%') {
                Some(after) => (Piece::Text("%".to_owned()), after),
                None => Verb::parse(after).map(|(verb, after)| (Piece::Step(verb), after))?,
            };
            pieces.push(piece);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }
}

/// How a number is written: `%[+- #0][width][.precision][[1]]verb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Verb {
    radix: Radix,
    plus: bool,
    minus: bool,
    space: bool,
    sharp: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Radix {
    /// `b`
    Binary,
    /// `o`
    Octal,
    /// `O`: with `0o` before it.
    PrefixedOctal,
    /// `d`, `v`
    #[default]
    Decimal,
    /// `x`
    LowerHex,
    /// `X`
    UpperHex,
}

impl Verb {
    /// Reads what follows a `%`; returns the verb and the text behind it.
    fn parse(mut text: &str) -> Result<(Self, &str), String> {
        let mut verb = Self::default();
        while let Some(flag) = text.chars().next() {
            match flag {
                '+' => verb.plus = true,
                '-' => verb.minus = true,
                ' ' => verb.space = true,
                '#' => verb.sharp = true,
                '0' => verb.zero = true,
                _ => break,
            }
            text = &text[1..];
        }
        (verb.width, text) = take_width(text)?;
        if let Some(after) = text.strip_prefix('.') {
            let (precision, after) = take_width(after)?;
            (verb.precision, text) = (Some(precision), after);
        }
        // There is one argument, so its index can only be 1.
        text = text.strip_prefix("[1]").unwrap_or(text);
        let mut rest = text.chars();
        verb.radix = match rest.next() {
            Some('b') => Radix::Binary,
            Some('o') => Radix::Octal,
            Some('O') => Radix::PrefixedOctal,
            Some('d') => Radix::Decimal,
            Some('x') => Radix::LowerHex,
            Some('X') => Radix::UpperHex,
            // `%+v` and `%#v` are Go's notations of a value: for numbers, without a sign and in hexadecimal.
            Some('v') => {
                verb.plus = false;
                if verb.sharp { Radix::LowerHex } else { Radix::Decimal }
            }
            other => {
                let found = other.map_or("nothing".to_owned(), |other| format!("{other:?}"));
                return Err(format!(
                    "{found} follows a %: use %d, %x, %X, %o, %O, %b or %v for the step, %% for a percent sign"
                ));
            }
        };
        Ok((verb, rest.as_str()))
    }

    /// Writes a number as Go does.
    fn format(self, number: u64) -> String {
        if self.precision == Some(0) && number == 0 {
            return " ".repeat(self.width);
        }
        let mut digits = match self.radix {
            Radix::Binary => format!("{number:b}"),
            Radix::Octal | Radix::PrefixedOctal => format!("{number:o}"),
            Radix::Decimal => number.to_string(),
            Radix::LowerHex => format!("{number:x}"),
            Radix::UpperHex => format!("{number:X}"),
        };
        let sign = match (self.plus, self.space) {
            (true, _) => "+",
            (_, true) => " ",
            _ => "",
        };
        let least_digits = match self.precision {
            Some(precision) => precision,
            // Zeros fill the width except for the sign. A prefix comes on top.
            None if self.zero && !self.minus => self.width.saturating_sub(sign.len()),
            None => 0,
        };
        digits.insert_str(0, &"0".repeat(least_digits.saturating_sub(digits.len())));
        let mut prefix = match self.radix {
            Radix::Binary if self.sharp => "0b",
            Radix::Octal | Radix::PrefixedOctal if self.sharp && !digits.starts_with('0') => "0",
            Radix::LowerHex if self.sharp => "0x",
            Radix::UpperHex if self.sharp => "0X",
            _ => "",
        }
        .to_owned();
        if self.radix == Radix::PrefixedOctal {
            prefix.insert_str(0, "0o");
        }
        let whole = format!("{sign}{prefix}{digits}");
        let width = self.width;
        if self.minus { format!("{whole:<width$}") } else { format!("{whole:>width$}") }
    }
}

/// Reads digits; none are 0.
fn take_width(text: &str) -> Result<(usize, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((0, rest));
    }
    match digits.parse() {
        Ok(width) if width <= MAX_WIDTH => Ok((width, rest)),
        _ => Err(format!("width {digits} is more than {MAX_WIDTH}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(format: &str, step: u64) -> String {
        format.parse::<NameFormat>().unwrap().name(step)
    }

    #[test]
    fn names_are_gos() {
        // What Go 1.26's fmt.Sprintf makes of 42 and of 0.
        let cases = [
            ("proof-%d.json", "proof-42.json", "proof-0.json"),
            ("%08d", "00000042", "00000000"),
            ("%x", "2a", "0"),
            ("%X", "2A", "0"),
            ("%o", "52", "0"),
            ("%O", "0o52", "0o0"),
            ("%b", "101010", "0"),
            ("%v", "42", "0"),
            ("%+d", "+42", "+0"),
            ("% d", " 42", " 0"),
            ("%+08d", "+0000042", "+0000000"),
            ("%-8d|", "42      |", "0       |"),
            ("%-08d|", "42      |", "0       |"),
            ("%8d", "      42", "       0"),
            ("%08x", "0000002a", "00000000"),
            ("%#x", "0x2a", "0x0"),
            ("%#08x", "0x0000002a", "0x00000000"),
            ("%#X", "0X2A", "0X0"),
            ("%#o", "052", "0"),
            ("%#.5o", "00052", "00000"),
            ("%#O", "0o052", "0o0"),
            ("%#b", "0b101010", "0b0"),
            ("%08O", "0o00000052", "0o00000000"),
            ("%.5d", "00042", "00000"),
            ("%8.5d", "   00042", "   00000"),
            ("%08.5d", "   00042", "   00000"),
            ("%.0d", "42", ""),
            ("%4.d|", "  42|", "    |"),
            ("%[1]d-%[1]x", "42-2a", "0-0"),
            ("%08[1]d", "00000042", "00000000"),
            ("%+v", "42", "0"),
            ("%#v", "0x2a", "0x0"),
            ("%#08v", "0x0000002a", "0x00000000"),
            ("% +d", "+42", "+0"),
            ("%#-12b|", "0b101010    |", "0b0         |"),
            ("%5.3x", "  02a", "  000"),
        ];
        for (format, of_42, of_0) in cases {
            assert_eq!((name(format, 42).as_str(), name(format, 0).as_str()), (of_42, of_0), "{format}");
        }
    }

    #[test]
    fn text_and_several_verbs() {
        assert_eq!(name("-", 42), "-");
        assert_eq!(name("%d/%06d%%.gz", 42), "42/000042%.gz");
        assert!("%d".parse::<NameFormat>().unwrap().names_the_step());
        assert!(!"100%%".parse::<NameFormat>().unwrap().names_the_step());
        for (format, expected) in [
            ("a/b/proof-%d.json", true),
            ("/a/%d-%x", true),
            ("a%%/p", true),
            ("a/%d/p", false),
            ("%d%x/", false),
        ] {
            assert_eq!(format.parse::<NameFormat>().unwrap().has_one_folder(), expected, "{format}");
        }
    }

    #[test]
    fn other_verbs_are_refused_by_name() {
        for (bad, named) in [
            ("%s", "'s'"),
            ("%", "nothing"),
            ("100%", "nothing"),
            ("%5", "nothing"),
            ("%é", "'é'"),
            ("%*d", "'*'"),
            ("%[2]d", "'['"),
            ("%256d", "256"),
            ("%.99999999999999999999d", "99999999999999999999"),
        ] {
            let error = bad.parse::<NameFormat>().unwrap_err();
            assert!(error.contains(named), "{bad}: {error}");
        }
    }
}
