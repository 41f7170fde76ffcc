//! Reasons why a beacon node does not have a blob.

use super::{Slot, UnixTime};
use crate::fault::{CallError, Fault};

/// The failure, with what a person needs to know to help.
pub(super) fn explained(mut error: CallError, slot: Slot, time: UnixTime, expired: bool) -> CallError {
    let lacks_it = matches!(error.fault, Fault::Absent | Fault::Wrong | Fault::Unsupported | Fault::Gone);
    let advice = if error.reason.to_ascii_lowercase().contains("data columns") {
        error.fault = Fault::Gone;
        "; the node keeps too few columns of blobs: it needs an option such as --supernode, --semi-supernode or \
         --subscribe-all-data-subnets"
    } else if expired && lacks_it {
        // Time does not bring it back.
        error.fault = Fault::Gone;
        "; blobs of that time have expired: use an archiving beacon node or a blob archive"
    } else {
        ""
    };
    error.reason = format!("slot {slot}, time {}: {}{advice}", time.0, error.reason);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_expired_is_gone() {
        let explain = |error, expired| explained(error, Slot(7), UnixTime(99), expired);
        let young = explain(CallError::absent("blobs", "HTTP 404"), false);
        assert_eq!((young.fault, &*young.reason), (Fault::Absent, "slot 7, time 99: HTTP 404"));
        let old = explain(CallError::absent("blobs", "HTTP 404"), true);
        assert_eq!(old.fault, Fault::Gone);
        assert!(old.reason.contains("have expired"), "{old}");
        let busy = explain(CallError::busy("blobs", "HTTP 503"), true);
        assert_eq!(busy.fault, Fault::Busy { after: None });
        let columns = "HTTP 500: Insufficient data columns to reconstruct blobs";
        let columns = explain(CallError::busy("blobs", columns), false);
        assert_eq!(columns.fault, Fault::Gone);
        assert!(columns.reason.contains("--supernode"), "{columns}");
    }
}
