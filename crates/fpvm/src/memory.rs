//! `memcpy`, `memmove`, `memset`, `memcmp` and `bcmp` for MIPS64. The compiler's versions move bytes if a pointer is not
//! aligned; these move words, with the instructions that load and store the two halves of an unaligned word.
//!
//! Registers: $4 to $6 are the arguments (destination, source or value, length), $2 the result.

use core::{arch::naked_asm, ffi::c_int};

/// Copies `len` bytes between ranges that do not overlap.
///
/// From eight bytes on, the last eight are copied as one unaligned word, which overlaps bytes that were copied already if the
/// length is not a multiple of eight. The bytes before are copied word by word to an aligned destination.
///
/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        ".set noreorder",
        "sltiu $8, $6, 8",
        "bnez $8, 60f",
        "move $2, $4",
        // $9 and $10: the ends of source and destination.
        "daddu $9, $5, $6",
        "daddu $10, $4, $6",
        "or $8, $4, $5",
        "andi $8, $8, 7",
        "bnez $8, 40f",
        "daddiu $12, $10, -32",
        // Both aligned: four words at a time, until the destination is past $12.
        "sltu $8, $12, $4",
        "bnez $8, 20f",
        "daddiu $13, $10, -8",
        "10: ld $8, 0($5)",
        "ld $11, 8($5)",
        "ld $14, 16($5)",
        "ld $15, 24($5)",
        "daddiu $4, $4, 32",
        "sd $8, -32($4)",
        "sd $11, -24($4)",
        "sd $14, -16($4)",
        "sltu $3, $12, $4",
        "daddiu $5, $5, 32",
        "beqz $3, 10b",
        "sd $15, -8($4)",
        // One word at a time, until the destination is past $13.
        "20: sltu $8, $13, $4",
        "bnez $8, 50f",
        "30: ld $8, 0($5)",
        "daddiu $5, $5, 8",
        "daddiu $4, $4, 8",
        "sltu $3, $13, $4",
        "beqz $3, 30b",
        "sd $8, -8($4)",
        "b 50f",
        "nop",
        // Not both aligned: copy the first word unaligned, then continue at the next aligned word of the destination.
        "40: ldl $8, 0($5)",
        "ldr $8, 7($5)",
        "sdl $8, 0($4)",
        "sdr $8, 7($4)",
        "andi $8, $4, 7",
        "li $11, 8",
        "dsubu $8, $11, $8",
        "daddu $4, $4, $8",
        "daddu $5, $5, $8",
        "sltu $8, $12, $4",
        "bnez $8, 44f",
        "daddiu $13, $10, -8",
        "42: ldl $8, 0($5)",
        "ldr $8, 7($5)",
        "ldl $11, 8($5)",
        "ldr $11, 15($5)",
        "ldl $14, 16($5)",
        "ldr $14, 23($5)",
        "ldl $15, 24($5)",
        "ldr $15, 31($5)",
        "daddiu $4, $4, 32",
        "sd $8, -32($4)",
        "sd $11, -24($4)",
        "sd $14, -16($4)",
        "sltu $3, $12, $4",
        "daddiu $5, $5, 32",
        "beqz $3, 42b",
        "sd $15, -8($4)",
        "44: sltu $8, $13, $4",
        "bnez $8, 50f",
        "46: ldl $8, 0($5)",
        "ldr $8, 7($5)",
        "daddiu $5, $5, 8",
        "daddiu $4, $4, 8",
        "sltu $3, $13, $4",
        "beqz $3, 46b",
        "sd $8, -8($4)",
        // The last word.
        "50: beq $4, $10, 55f",
        "nop",
        "ldl $8, -8($9)",
        "ldr $8, -1($9)",
        "sdl $8, -8($10)",
        "sdr $8, -1($10)",
        "55: jr $31",
        "nop",
        // Fewer than eight bytes: four as a word, the rest one by one.
        "60: sltiu $8, $6, 4",
        "bnez $8, 70f",
        "daddu $9, $5, $6",
        "daddu $10, $4, $6",
        "lwl $8, 0($5)",
        "lwr $8, 3($5)",
        "lwl $11, -4($9)",
        "lwr $11, -1($9)",
        "swl $8, 0($4)",
        "swr $8, 3($4)",
        "swl $11, -4($10)",
        "jr $31",
        "swr $11, -1($10)",
        "70: beqz $6, 75f",
        "nop",
        "72: lbu $8, 0($5)",
        "daddiu $5, $5, 1",
        "daddiu $4, $4, 1",
        "bne $5, $9, 72b",
        "sb $8, -1($4)",
        "75: jr $31",
        "nop",
    )
}

/// Copies `len` bytes between ranges that may overlap: forwards if the destination is before the source, else backwards. Each
/// word is loaded completely before it is stored, and stored before the next is loaded, so that no byte is overwritten
/// before it was read.
///
/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        ".set noreorder",
        // At least `len` apart, in either direction: no overlap.
        "dsubu $8, $4, $5",
        "dsubu $9, $5, $4",
        "sltu $10, $8, $6",
        "sltu $11, $9, $6",
        "or $12, $10, $11",
        "bnez $12, 5f",
        "move $2, $4",
        "j memcpy",
        "nop",
        "5: bnez $10, 30f",
        "move $12, $6",
        // Forwards.
        "sltiu $8, $12, 8",
        "bnez $8, 20f",
        "nop",
        "10: ldl $8, 0($5)",
        "ldr $8, 7($5)",
        "daddiu $12, $12, -8",
        "daddiu $5, $5, 8",
        "sdl $8, 0($4)",
        "sdr $8, 7($4)",
        "sltiu $9, $12, 8",
        "beqz $9, 10b",
        "daddiu $4, $4, 8",
        "20: beqz $12, 26f",
        "nop",
        "22: lbu $8, 0($5)",
        "daddiu $12, $12, -1",
        "daddiu $5, $5, 1",
        "daddiu $4, $4, 1",
        "bnez $12, 22b",
        "sb $8, -1($4)",
        "26: jr $31",
        "nop",
        // Backwards.
        "30: daddu $5, $5, $6",
        "daddu $4, $4, $6",
        "sltiu $8, $12, 8",
        "bnez $8, 50f",
        "nop",
        "40: ldl $8, -8($5)",
        "ldr $8, -1($5)",
        "daddiu $12, $12, -8",
        "daddiu $5, $5, -8",
        "sdl $8, -8($4)",
        "sdr $8, -1($4)",
        "sltiu $9, $12, 8",
        "beqz $9, 40b",
        "daddiu $4, $4, -8",
        "50: beqz $12, 56f",
        "nop",
        "52: lbu $8, -1($5)",
        "daddiu $12, $12, -1",
        "daddiu $5, $5, -1",
        "daddiu $4, $4, -1",
        "bnez $12, 52b",
        "sb $8, 0($4)",
        "56: jr $31",
        "nop",
    )
}

/// Sets `len` bytes to one value.
///
/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(destination: *mut u8, value: c_int, len: usize) -> *mut u8 {
    naked_asm!(
        ".set noreorder",
        "sltiu $8, $6, 8",
        "bnez $8, 40f",
        "move $2, $4",
        "andi $5, $5, 255",
        "beqz $5, 10f",
        "daddu $10, $4, $6",
        // Repeat the byte in all eight bytes of the word.
        "dsll $8, $5, 8",
        "or $5, $5, $8",
        "dsll $8, $5, 16",
        "or $5, $5, $8",
        "dsll32 $8, $5, 0",
        "or $5, $5, $8",
        // The last word and the first, then the aligned ones between them.
        "10: sdl $5, -8($10)",
        "sdr $5, -1($10)",
        "sdl $5, 0($4)",
        "sdr $5, 7($4)",
        "ori $4, $4, 7",
        "daddiu $4, $4, 1",
        "daddiu $12, $10, -32",
        "sltu $8, $12, $4",
        "bnez $8, 20f",
        "daddiu $13, $10, -8",
        "15: daddiu $4, $4, 32",
        "sd $5, -32($4)",
        "sd $5, -24($4)",
        "sd $5, -16($4)",
        "sltu $8, $12, $4",
        "beqz $8, 15b",
        "sd $5, -8($4)",
        "20: sltu $8, $13, $4",
        "bnez $8, 30f",
        "nop",
        "25: daddiu $4, $4, 8",
        "sltu $8, $13, $4",
        "beqz $8, 25b",
        "sd $5, -8($4)",
        "30: jr $31",
        "nop",
        "40: beqz $6, 50f",
        "daddu $10, $4, $6",
        "45: daddiu $4, $4, 1",
        "bne $4, $10, 45b",
        "sb $5, -1($4)",
        "50: jr $31",
        "nop",
    )
}

/// Compares `len` bytes: negative, zero or positive, by the first bytes that differ. On a big-endian machine, words compare
/// like their bytes.
///
/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> c_int {
    naked_asm!(
        ".set noreorder",
        "sltiu $8, $6, 8",
        "bnez $8, 30f",
        "daddu $10, $4, $6",
        "daddu $11, $5, $6",
        "daddiu $12, $10, -8",
        "or $8, $4, $5",
        "andi $8, $8, 7",
        "bnez $8, 16f",
        "nop",
        // Both aligned: word by word, until the left is past $12.
        "10: ld $8, 0($4)",
        "ld $9, 0($5)",
        "daddiu $4, $4, 8",
        "bne $8, $9, 25f",
        "sltu $13, $12, $4",
        "beqz $13, 10b",
        "daddiu $5, $5, 8",
        "b 20f",
        "nop",
        "16: ldl $8, 0($4)",
        "ldr $8, 7($4)",
        "ldl $9, 0($5)",
        "ldr $9, 7($5)",
        "daddiu $4, $4, 8",
        "bne $8, $9, 25f",
        "sltu $13, $12, $4",
        "beqz $13, 16b",
        "daddiu $5, $5, 8",
        // The last word, which starts with bytes already compared if the length is not a multiple of eight.
        "20: ldl $8, -8($10)",
        "ldr $8, -1($10)",
        "ldl $9, -8($11)",
        "ldr $9, -1($11)",
        "bne $8, $9, 25f",
        "nop",
        "jr $31",
        "move $2, $0",
        // 1 or -1.
        "25: sltu $2, $8, $9",
        "dsubu $2, $0, $2",
        "jr $31",
        "ori $2, $2, 1",
        "30: beqz $6, 40f",
        "nop",
        "35: lbu $8, 0($4)",
        "lbu $9, 0($5)",
        "daddiu $4, $4, 1",
        "bne $8, $9, 25b",
        "nop",
        "bne $4, $10, 35b",
        "daddiu $5, $5, 1",
        "40: jr $31",
        "move $2, $0",
    )
}

/// Compares `len` bytes: zero if they are equal.
///
/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> c_int {
    naked_asm!(".set noreorder", "j memcmp", "nop")
}
