//! The constraints.

use super::SwitchRow;
use crate::{
    bus::{Buses, SLOTS, Slot, Step},
    stark::Val,
    statement::{Position, SystemCell, record},
    tables::{NotFixed, QUANTUM, SWITCH_OFFSET, Table, moved::REGISTERS},
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

/// The table of switches.
pub(crate) struct Switch;

/// What a row does, as sums of flags.
struct Kind<E> {
    /// The thread has not exited.
    goes_on: E,
    /// The thread becomes a record.
    leaves: E,
    /// Another thread comes from a record.
    comes: E,
    /// The registers are moved.
    moves: E,
    real: E,
}

impl Table for Switch {
    const NAME: &'static str = "switch";
    // The code window.
    const PUBLIC: usize = 2;
    type Row<T: Copy> = SwitchRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &SwitchRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let flags = [row.preempted, row.yields, row.clones, row.dropped];
        builder.assert_bools(flags);
        builder.assert_bools([row.turns, row.right]);
        let real: B::Expr = flags.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());
        let kind: Kind<B::Expr> = Kind {
            goes_on: real.clone() - row.dropped.into(),
            leaves: row.rotates + row.clones,
            comes: row.rotates + row.dropped,
            moves: row.rotates + row.clones + row.dropped,
            real,
        };
        stacks(row, builder, &kind);
        last_switch(row, builder, &kind);
        counters(row, builder, &kind);
        records(row, builder, &kind);

        // The rows of the registers follow each other from 0 on, so each of them is there once.
        let chain = |number: u8| {
            let [to, from] = [row.to, row.from].map(Into::into);
            let [leaves, comes] = [kind.leaves.clone(), kind.comes.clone()];
            [row.time.into(), B::Expr::from_u8(number), to, from, leaves, comes]
        };
        builder.send("switch", chain(0), &kind.moves);
        builder.receive("switch", chain(REGISTERS), &kind.moves);
    }
}

fn one<E: PrimeCharacteristicRing>(number: impl Into<E>) -> [E; 4] {
    [number.into(), E::ZERO, E::ZERO, E::ZERO]
}

/// Accesses a cell of the machine's own state in the slot of memory.
fn access<B: Buses>(
    builder: &mut B,
    time: B::Var,
    cell: B::Expr,
    words: [[B::Expr; 4]; 2],
    before: B::Var,
    real: &B::Expr,
) {
    builder.access_cell("sys", &Step::at(time), Slot::Middle, cell, words, before, real);
}

/// Moves the thread between the stacks, and says which record it becomes and which one comes.
fn stacks<B: Buses>(row: &SwitchRow<B::Var>, builder: &mut B, kind: &Kind<B::Expr>) {
    let moved = row.preempted + row.yields;
    let turns: B::Expr = row.turns.into();
    // A new thread lies on the active stack. Otherwise that loses one, and is empty just if that was the only one.
    builder.assert_zero(row.turns * row.clones);
    builder.assert_zero(turns.clone() * (row.active - B::Expr::ONE));
    builder.assert_eq(row.rotates, moved.clone() * (B::Expr::ONE - turns.clone()));
    builder.assert_eq(row.new_right, row.right + turns.clone() - (row.right * row.turns).double());

    let new_active = row.active - moved.clone() - row.dropped + row.clones;
    let new_waiting = row.waiting + moved.clone();
    builder.range(new_active.clone(), 16, &kind.real);
    builder.range(new_waiting.clone(), 16, &kind.real);
    let left = B::Expr::from_u32(SystemCell::Left as u32);
    let direction = B::Expr::from_u32(SystemCell::Direction as u32);
    for (cell, old, new, before) in [
        (left.clone() + row.right, row.active.into(), new_active.clone(), row.active_before),
        (left + B::Expr::ONE - row.right, row.waiting.into(), new_waiting.clone(), row.waiting_before),
        (direction, row.right.into(), row.new_right.into(), row.direction_before),
    ] {
        access(builder, row.time, cell, [one(old), one(new)], before, &kind.real);
    }

    // The thread that comes is the top of the stack that is the active one then. If there was none, its depth is -1.
    let top = new_active.clone() + turns * (new_waiting - new_active) - B::Expr::ONE;
    builder.assert_zero(kind.comes.clone() * (row.depth - top));
    builder.range(row.depth.into(), 16, &kind.comes);
    let start = |depth: B::Expr, right: B::Expr| {
        (depth.double() + right + B::Expr::ONE) * Val::from_u32(record::STRIDE)
    };
    let waiting_side = B::Expr::ONE - row.right;
    builder.assert_eq(
        row.to,
        row.rotates * start(row.waiting.into(), waiting_side)
            + row.clones * start(row.active - B::Expr::ONE, row.right.into()),
    );
    builder.assert_eq(row.from, kind.comes.clone() * start(row.depth.into(), row.new_right.into()));
}

/// Says when the last switch was: this step is one. A thread is preempted after exactly a quantum of instructions. Each other
/// instruction is one of a quantum, the system call too, and a thread that has exited is dropped after its last one.
fn last_switch<B: Buses>(row: &SwitchRow<B::Var>, builder: &mut B, kind: &Kind<B::Expr>) {
    let join = |[low, high]: [B::Var; 2]| low + high * Val::from_u32(1 << 16);
    let two = |[low, high]: [B::Var; 2]| [low.into(), high.into(), B::Expr::ZERO, B::Expr::ZERO];
    // Times are multiples of 4.
    let step = row.time * Val::from_u32(SLOTS).inverse() + B::Expr::from_u32(SWITCH_OFFSET);
    let left: B::Expr = join(row.switch) + B::Expr::from_u32(QUANTUM) - step.clone();
    builder.assert_zero(row.preempted * left.clone());
    builder.range(left - row.yields - row.clones, 17, &kind.real);
    builder.assert_zero(kind.real.clone() * (step + B::Expr::ONE - join(row.new_switch)));
    let [low, high] = row.new_switch;
    builder.range(low.into(), 16, &kind.real);
    builder.range(high.into(), 8, &kind.real);
    let cell = B::Expr::from_u32(SystemCell::SinceSwitch as u32);
    let words = [two(row.switch), two(row.new_switch)];
    access(builder, row.time, cell, words, row.switch_before, &kind.real);
}

/// Says where the thread goes on that runs from now on.
fn counters<B: Buses>(row: &SwitchRow<B::Var>, builder: &mut B, kind: &Kind<B::Expr>) {
    let join = |[low, high]: [B::Var; 2]| low + high * Val::from_u32(1 << 14);
    let [pc, next_pc] = row.counters;
    let dropped: B::Expr = row.dropped.into();
    builder.assert_zero(row.dropped * (pc - B::Expr::from_u32(Position::DEAD)));
    for place in 0..2 {
        // So a thread or program that has exited does not go on.
        let [low, high] = row.address[place];
        builder.range(low.into(), 14, &kind.goes_on);
        builder.range(high.into(), 16, &kind.goes_on);
        let address: B::Expr = join(row.address[place]);
        builder.assert_zero(kind.goes_on.clone() * (row.counters[place] - address));
        // What comes from a record is a word.
        let [low, _] = row.new_address[place];
        builder.range(low.into(), 14, &kind.comes);
        let address: B::Expr = join(row.new_address[place]);
        builder.assert_zero(kind.comes.clone() * (row.new_counters[place] - address));
        let same = row.new_counters[place] - row.counters[place];
        builder.assert_zero((B::Expr::ONE - kind.comes.clone()) * same);
    }
    let time: B::Expr = row.time.into();
    let [pc, next_pc] = [pc, next_pc].map(Into::<B::Expr>::into);
    builder.receive("exec", [time.clone(), pc.clone(), next_pc.clone()], &(row.preempted + dropped));
    let called = row.yields + row.clones;
    builder.receive("yield", [time.clone(), pc, next_pc, row.clones.into()], &called);
    let [pc, next_pc] = row.new_counters.map(Into::into);
    builder.send("exec", [time + B::Expr::from_u32(SLOTS), pc, next_pc], &kind.real);
}

/// Moves the thread's number and its program counters to a record, and those of the other thread from its record.
fn records<B: Buses>(row: &SwitchRow<B::Var>, builder: &mut B, kind: &Kind<B::Expr>) {
    let words = [row.thread.old, row.new_thread].map(|word| word.map(Into::<B::Expr>::into));
    for (old, new) in row.thread.old.into_iter().zip(row.new_thread) {
        builder.assert_zero((B::Expr::ONE - kind.comes.clone()) * (new - old));
    }
    let cell = B::Expr::from_u32(SystemCell::Thread as u32);
    access(builder, row.time, cell, words.clone(), row.thread.before, &kind.moves);

    let window = builder.window();
    let word = |[low, high]: [B::Var; 2]| {
        let [third, fourth] = window.clone();
        [low * Val::from_u8(4), high.into(), third, fourth]
    };
    let of = |[pc, next_pc]: [[B::Var; 2]; 2], number: &[B::Expr; 4]| {
        [(record::PC, word(pc)), (record::NEXT_PC, word(next_pc)), (record::THREAD, number.clone())]
    };
    let none = || array::from_fn(|_| B::Expr::ZERO);
    for (place, (cell, word)) in of(row.address, &words[0]).into_iter().enumerate() {
        let cell = row.to + B::Expr::from_u32(cell);
        access(builder, row.time, cell, [none(), word], row.to_before[place], &kind.leaves);
    }
    for (place, (cell, word)) in of(row.new_address, &words[1]).into_iter().enumerate() {
        let cell = row.from + B::Expr::from_u32(cell);
        access(builder, row.time, cell, [word, none()], row.from_before[place], &kind.comes);
    }
}
