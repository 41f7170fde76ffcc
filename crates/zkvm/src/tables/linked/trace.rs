//! How a row is made.

use super::{
    LinkedRow,
    columns::{DIFFERENCES, Reserved},
};
use crate::{
    bus::{Address, Constant, Slot},
    stark::Val,
    trace::Executed,
    word::{limbs, word},
};
use p3_field::{Field, PrimeCharacteristicRing};
use tribunal_mips::Op;

impl LinkedRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let constant = executed.decoded.immediate;
        let address = executed.rs.value.wrapping_add_signed(constant.into());
        let linked = &executed.linked;
        let conditional = executed.is_one_of(&[Op::Sc, Op::Scd]);
        let stores = conditional && executed.rd.new == 1;
        let flag = |op: Op, is: bool| if is { executed.is(op) } else { Val::ZERO };
        let made = linked.time.old as u32;
        let late = conditional && !stores && executed.memory.stored > made;
        let gap = if late {
            executed.memory.stored - made - 1
        } else if stores {
            made.saturating_sub(executed.memory.stored)
        } else {
            0
        };
        let two = |time: u64| [time as u16, (time >> 16) as u16].map(Val::from_u16);
        let mut differs = [Val::ZERO; DIFFERENCES];
        if conditional && !stores && !late {
            let needs = if executed.is_one_of(&[Op::Sc]) { 1 } else { 2 };
            let pairs = [(linked.address.old, address), (linked.owner.old, linked.thread.old)];
            let words = pairs.into_iter().flat_map(|(is, needs)| limbs(is).into_iter().zip(limbs(needs)));
            let numbers = [(linked.status.old as u16, needs)].into_iter().chain(words);
            for (place, (is, needs)) in differs.iter_mut().zip(numbers) {
                if is != needs {
                    *place = (Val::from_u16(is) - Val::from_u16(needs)).inverse();
                    break;
                }
            }
        }
        Self {
            step: executed.step(),
            links: [executed.is(Op::Ll), executed.is(Op::Lld)],
            stores: [flag(Op::Sc, stores), flag(Op::Scd, stores)],
            fails: [flag(Op::Sc, !stores), flag(Op::Scd, !stores)],
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            constant: Constant::new(constant),
            address: Address::new(executed.rs.value, constant),
            memory: executed.memory.cell(),
            new: word(executed.memory.new),
            stored: Val::from_u32(if stores {
                executed.time_of(Slot::Middle)
            } else {
                executed.memory.stored
            }),
            rd: executed.rd.write(),
            result: word(executed.rd.new),
            sign: Val::from_bool(executed.is_one_of(&[Op::Ll]) && executed.rd.new >> 63 == 1),
            reservation: Reserved {
                status: Val::from_u64(linked.status.old),
                new_status: Val::from_u64(linked.status.new),
                status_before: Val::from_u32(linked.status.before),
                time_before: Val::from_u32(linked.time.before),
                address: linked.address.replaced(),
                new_address: word(linked.address.new),
                owner: linked.owner.replaced(),
                new_owner: word(linked.owner.new),
                time: two(linked.time.old),
                new_time: two(linked.time.new),
            },
            thread: linked.thread.replaced(),
            late: Val::from_bool(late),
            gap: [gap & 0xfff, gap >> 12].map(Val::from_u32),
            differs,
        }
    }
}
