//! Takes checkpoints of a program, and resumes each in a thread of its own.

use tribunal_vm::{Checkpoint, Machine, Oracle, State, Witness};

/// Runs a program in stretches of the given lengths, taking a checkpoint before each; then repeats every stretch, and all
/// that follow it, from its checkpoint, and compares the states. Each machine has an oracle that `oracle` makes.
///
/// # Panics
/// If they differ.
pub(crate) fn resume_everywhere(state: State, oracle: fn() -> Box<dyn Oracle>, lengths: &[u16]) {
    let mut machine = compiled(state, oracle());
    let mut passed: Vec<(Checkpoint, u64, Outcome)> = Vec::new();
    let mut until = 0;
    for length in lengths {
        let checkpoint = machine.checkpoint();
        until += u64::from(*length % 400) + 1;
        let outcome = run(&mut machine, until);
        let failed = outcome.is_err();
        passed.push((checkpoint, until, outcome));
        if failed {
            break;
        }
    }
    let now = machine.state();
    std::thread::scope(|scope| {
        for at in 0..passed.len() {
            let passed = &passed;
            scope.spawn(move || {
                let state = passed[at].0.state(now).expect("of this machine");
                assert_eq!(state.step(), passed[at].0.step());
                assert_eq!(state.current_thread(), passed[at].0.without_memory().current_thread());
                compare_changed(&passed[at].0, &state, now);
                let mut resumed =
                    if at % 2 == 0 { compiled(state, oracle()) } else { interpreted(state, oracle()) };
                for (_, until, outcome) in &passed[at..] {
                    assert_eq!(run(&mut resumed, *until), *outcome, "from checkpoint {at}");
                }
            });
        }
    });
}

/// Compares the pages that are said to have changed since a checkpoint with the state there.
fn compare_changed(checkpoint: &Checkpoint, then: &State, now: &State) {
    let changed = checkpoint.changed(now).expect("of this machine");
    for &index in changed.keys().chain(&now.memory().page_indices()) {
        let before = changed.get(&index).copied().unwrap_or_else(|| now.memory().page(index));
        assert_eq!(then.memory().page(index), before, "page {index:#x}");
    }
}

/// The witness of the state that was reached, or the error.
type Outcome = Result<Witness, String>;

fn run(machine: &mut Machine, until: u64) -> Outcome {
    machine.run(until, false).map_err(|error| error.to_string())?;
    Ok(machine.witness())
}

fn compiled(state: State, oracle: Box<dyn Oracle>) -> Machine {
    let mut machine = interpreted(state, oracle);
    machine.compile_synchronously(2);
    machine
}

fn interpreted(state: State, oracle: Box<dyn Oracle>) -> Machine {
    let mut machine = Machine::new(state, oracle, Box::new(|_, _| {}));
    machine.use_interpreter_only(true);
    machine
}
