//! The `async` runtime of a program that is alone.

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Runs a future to its end. Everything a guest waits for blocks, so that a future which is not ready becomes so by being
/// polled again; nobody has to wake it.
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
