//! The methods that were tried at one node for one thing.

use crate::{
    fault::{CallError, Fault},
    transport::refusal::INTERNAL_ERROR,
};

/// Failures, which become one when no method is left.
#[derive(Debug, Default)]
pub(crate) struct Tried(Vec<CallError>);

impl Tried {
    /// Takes note of a failure, unless the next method would fail too: then this is the failure of the whole. Hosted
    /// nodes deny single methods, and an internal error may be one of the method alone.
    pub(crate) fn note(&mut self, error: CallError) -> Result<(), CallError> {
        match error.fault {
            Fault::Busy { .. } if error.code != Some(INTERNAL_ERROR) => Err(self.joined_with(error)),
            Fault::Ours => Err(self.joined_with(error)),
            Fault::Busy { .. }
            | Fault::Unsupported
            | Fault::Absent
            | Fault::Denied
            | Fault::Wrong
            | Fault::Gone => {
                self.0.push(error);
                Ok(())
            }
        }
    }

    /// As [`Tried::note`], for a method that takes a node so long that others may work where it times out.
    pub(crate) fn note_slow(&mut self, error: CallError) -> Result<(), CallError> {
        match error.fault {
            Fault::Busy { .. } => {
                self.0.push(error);
                Ok(())
            }
            _ => self.note(error),
        }
    }

    fn joined_with(&mut self, error: CallError) -> CallError {
        self.0.push(error);
        std::mem::take(self).into_error()
    }

    /// One failure that names all. What gives most hope decides what is done about it.
    pub(crate) fn into_error(self) -> CallError {
        let Some(hopeful) = self.0.iter().max_by_key(|error| hope(error.fault)) else {
            return CallError::unsupported("nothing", "no method of this node is known to help");
        };
        let (fault, status) = (hopeful.fault, hopeful.status);
        let (mut methods, mut reasons) = (Vec::new(), Vec::new());
        for error in &self.0 {
            if !methods.contains(&&*error.method) {
                methods.push(&*error.method);
            }
            if !reasons.contains(&&*error.reason) {
                reasons.push(&*error.reason);
            }
        }
        let mut joined = CallError::new(methods.join(", "), fault, reasons.join("; "));
        joined.status = status;
        joined
    }
}

fn hope(fault: Fault) -> u8 {
    match fault {
        Fault::Unsupported => 0,
        Fault::Gone => 1,
        Fault::Denied => 2,
        Fault::Absent => 3,
        Fault::Wrong => 4,
        Fault::Busy { .. } => 5,
        Fault::Ours => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_hopeful_failure_decides() {
        let mut tried = Tried::default();
        tried.note(CallError::unsupported("a", "no such method")).unwrap();
        tried.note(CallError::absent("b", "null")).unwrap();
        let error = tried.into_error();
        assert_eq!(
            (error.fault, &*error.method, &*error.reason),
            (Fault::Absent, "a, b", "no such method; null")
        );
    }

    #[test]
    fn a_method_that_is_denied_leaves_others() {
        let denied = |method: &str| CallError::new(method, Fault::Denied, "HTTP 403");
        let mut tried = Tried::default();
        tried.note(denied("a")).unwrap();
        tried.note(denied("b")).unwrap();
        tried.note(CallError::unsupported("c", "no such method")).unwrap();
        assert_eq!(tried.into_error().fault, Fault::Denied);
        let mut tried = Tried::default();
        tried.note(denied("a")).unwrap();
        tried.note(CallError::absent("b", "null")).unwrap();
        assert_eq!(tried.into_error().fault, Fault::Absent);
    }

    #[test]
    fn an_internal_error_leaves_other_methods() {
        let mut tried = Tried::default();
        let mut error = CallError::busy("a", "error -32603: Internal error");
        error.code = Some(INTERNAL_ERROR);
        tried.note(error).unwrap();
        tried.note(CallError::absent("b", "null")).unwrap();
        assert_eq!(tried.into_error().fault, Fault::Busy { after: None });
    }

    #[test]
    fn a_busy_node_is_not_asked_more() {
        let mut tried = Tried::default();
        tried.note(CallError::absent("a", "null")).unwrap();
        let error = tried.note(CallError::busy("b", "HTTP 429")).unwrap_err();
        assert_eq!((error.fault, &*error.method), (Fault::Busy { after: None }, "a, b"));
        tried.note_slow(CallError::busy("c", "timed out")).unwrap();
    }
}
