//! Numbers of things, as text.

/// A number and what it counts: `1 claim`, `2 claims`. `one` is the word for one of them.
pub(crate) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!([0, 1, 2].map(|number| count(number, "claim")), ["0 claims", "1 claim", "2 claims"]);
    }
}
