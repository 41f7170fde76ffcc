//! Runs in the VM, with small programs in the client's place.

mod common;
#[path = "../../tribunal/tests/common/handmade.rs"]
#[allow(dead_code, reason = "tests of the command line use the rest")]
mod handmade;

use common::Claim;
use handmade::Program;
use tribunal_host::Checks;
use tribunal_preimage::PreimageKey;
use tribunal_runner::{
    BlockProgress, Cancellation, ClientProgram, ClientProgramError, Fpvm, Progress, Run, Silent, Undecided,
    Work, decide,
};

fn run(
    program: &Program,
    progress: &mut dyn Progress,
    cancellation: &Cancellation,
) -> Run<tribunal_runner::FinalState> {
    let client = ClientProgram::from_elf("client.elf", program.elf()).unwrap();
    let host = Claim::about_a_devnet().host(Checks::Meanwhile);
    decide(&Fpvm::new(client), &host, progress, cancellation)
}

fn run_silently(program: &Program) -> Run<tribunal_runner::FinalState> {
    run(program, &mut Silent, &Cancellation::new())
}

/// The local keys that state a claim: L1 head, agreed root, claimed root, claimed number and chain id.
const CLAIM: [u8; 5] = [1, 2, 3, 4, 5];

#[test]
fn the_exit_code_is_the_verdict() {
    for (code, valid) in [(0, true), (1, false)] {
        let decision = run_silently(&Program::new().read_claim().exit(code)).result.unwrap();
        assert_eq!(decision.valid, valid);
        assert_eq!(i16::from(decision.evidence.exit_code), code);
        assert!(decision.evidence.steps > 3);
        // The first byte of a state's hash is its status: 0 for exit code 0, 1 for 1.
        assert_eq!(i16::from(decision.evidence.state_hash[0]), code);
    }
    let error = run_silently(&Program::new().write(2, b"no idea\n").exit(3)).result.unwrap_err();
    assert!(matches!(&error, Undecided::Exit { code: 3, printed, key: None } if printed == "no idea"));
}

/// Any program can exit with 0 or 1. Without reading the claim it has decided nothing.
#[test]
fn a_program_that_does_not_read_the_claim_gives_no_verdict() {
    for code in [0, 1] {
        for unread in CLAIM {
            let read: Vec<u8> = CLAIM.into_iter().filter(|number| *number != unread).collect();
            let error = run_silently(&Program::new().read_local_keys(&read).exit(code)).result.unwrap_err();
            assert!(error.to_string().contains(&format!("(local key {unread})")), "{error}");
            let Undecided::ClaimUnread { unread: named, .. } = error else { panic!("{error}") };
            assert_eq!(named.numbers().collect::<Vec<_>>(), [u64::from(unread)]);
        }
        let error = run_silently(&Program::new().exit(code)).result.unwrap_err();
        let Undecided::ClaimUnread { unread, .. } = error else { panic!("{error}") };
        assert_eq!(unread.numbers().collect::<Vec<_>>(), CLAIM.map(u64::from));
    }
}

#[test]
fn a_preimage_that_is_missing_is_named() {
    let run = run_silently(&Program::new().read_preimage([2; 32], 1).exit(0));
    let error = run.result.unwrap_err();
    assert!(matches!(error, Undecided::Machine { .. }));
    assert_eq!(error.key(), Some(PreimageKey::try_from([2; 32]).unwrap()));
}

/// Notes the work, and cancels the run at the third report.
struct Steps {
    reports: Vec<Work>,
    cancellation: Cancellation,
}

impl BlockProgress for Steps {}

impl Progress for Steps {
    fn work(&mut self, work: &Work) {
        self.reports.push(*work);
        if self.reports.len() == 3 {
            self.cancellation.request();
        }
    }
}

#[test]
fn a_run_reports_its_steps_and_stops_when_it_is_cancelled() {
    let cancellation = Cancellation::new();
    let mut steps = Steps { reports: Vec::new(), cancellation: cancellation.clone() };
    let run = run(&Program::new().wait(u32::MAX).exit(0), &mut steps, &cancellation);
    assert!(matches!(run.result, Err(Undecided::Cancelled)));
    assert_eq!(steps.reports.len(), 3);
    assert!(steps.reports.is_sorted_by(|one, next| one.done < next.done));
}

#[test]
fn a_file_that_is_no_program_is_refused() {
    let refused = ClientProgram::from_elf("notes.txt", b"not a program".to_vec());
    assert!(
        matches!(&refused, Err(error @ ClientProgramError::Load { .. }) if error.to_string().contains("notes.txt"))
    );
    let missing = ClientProgram::read("no/such/client.elf");
    assert!(matches!(missing, Err(ClientProgramError::Read { .. })));
}
