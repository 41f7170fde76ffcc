//! How long to wait before a request is made again.

use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_millis(200);

/// The longest pause that we choose.
const LONGEST: Duration = Duration::from_secs(10);

/// The longest pause that a node may ask for. Some ask for a day.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// The pauses after answers that say "absent", or that are wrong: a node that lags behind may catch up, or a load balancer may
/// choose another node. They are shares of the time for which such an answer is doubted.
const ABSENT: [u32; 5] = [3, 10, 20, 30, 40];

/// The pause after `failures` others: doubled each time, up to ten seconds, and up to a quarter more by chance, so that
/// clients that failed together do not come back together.
pub(crate) fn pause(failures: u32) -> Duration {
    with_jitter(FIRST.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST))
}

/// The pause after an answer without what was asked for, or `None` if that was enough. Such answers are doubted for
/// `doubted`.
pub(crate) fn pause_if_absent(times: usize, doubted: Duration) -> Option<Duration> {
    let all: u32 = ABSENT.iter().sum();
    ABSENT.get(times).map(|&part| with_jitter(doubted.saturating_mul(part) / all))
}

fn with_jitter(pause: Duration) -> Duration {
    pause.mul_f64(1.0 + fastrand::f64() / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        for (failures, least) in
            [(0, FIRST), (1, FIRST * 2), (3, FIRST * 8), (6, LONGEST), (u32::MAX, LONGEST)]
        {
            let pause = pause(failures);
            assert!(pause >= least && pause <= least.mul_f64(1.25), "{failures}: {pause:?}");
        }
    }

    #[test]
    fn absence_is_believed_in_the_end() {
        let pauses: Vec<Duration> =
            (0..).map_while(|times| pause_if_absent(times, Duration::from_secs(10))).collect();
        let sum: Duration = pauses.iter().sum();
        assert_eq!(pauses.len(), ABSENT.len());
        assert!(sum > Duration::from_secs(9) && sum < Duration::from_secs(14), "{sum:?}");
    }
}
