//! The `async` runtime of a program with one task.

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Runs a future to completion. Reads of a guest block, so a future that is pending makes progress when it is polled again,
/// and needs no waker.
///
/// ```
/// assert_eq!(tribunal_fpvm::block_on(async { 6 * 7 }), 42);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
