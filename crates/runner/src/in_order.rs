//! Work on many threads whose results come in order.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// Applies `work` to all items on at most `jobs` threads, and passes each result to `done` on this thread: in the
/// order of the items, and as soon as the results before it are there.
///
/// # Errors
/// The first error of `done`. Then no further item is started, and this function waits for those that were.
pub fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        // It moves into this closure, so that an early return closes the channel before the threads are waited for.
        let receiver = receiver;
        for _ in 0..jobs.get().min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut following = 0;
        for (index, result) in receiver {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&following) {
                following += 1;
                done(result)?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn jobs(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    #[test]
    fn results_come_in_order() {
        let items: Vec<u64> = (0..100).collect();
        for number in [1, 3, 200] {
            let mut results = Vec::new();
            let done = |result| {
                results.push(result);
                Ok::<_, ()>(())
            };
            assert_eq!(in_order(&items, jobs(number), |item| item * 2, done), Ok(()));
            assert_eq!(results, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
        assert_eq!(in_order(&[], jobs(2), |item: &u64| *item, |_| Err(())), Ok(()));
    }

    #[test]
    fn an_error_is_the_last_result_that_is_handed_over() {
        let items: Vec<usize> = (0..1000).collect();
        for number in [1, 4] {
            let mut results = Vec::new();
            let done = |result| {
                results.push(result);
                if result == 3 { Err("enough") } else { Ok(()) }
            };
            assert_eq!(in_order(&items, jobs(number), |item| *item, done), Err("enough"));
            assert_eq!(results, [0, 1, 2, 3]);
        }
    }
}
