//! What an L2 block opens with: deposit transactions, and the L1 attributes in each of their formats; and output roots.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tribunal_rollup::{
    OutputRoot,
    deposits::DepositTx,
    l1_info::{L1BlockInfoTx, L1InfoFormat},
};

fuzz_target!(|data: &[u8]| {
    if let Ok(deposit) = DepositTx::decode(data) {
        assert_eq!(&deposit.encode()[..], data);
    }
    for format in [L1InfoFormat::Bedrock, L1InfoFormat::Ecotone, L1InfoFormat::Isthmus, L1InfoFormat::Jovian]
    {
        if let Ok(info) = L1BlockInfoTx::decode(format, data) {
            assert_eq!(info.encode(format), data);
        }
    }
    if let Ok(output) = OutputRoot::parse(data) {
        assert_eq!(output.encode()[..], *data);
    }
});
