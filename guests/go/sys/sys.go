// Package sys makes system calls that the Go runtime does not wrap, or wraps too well: any number, any arguments.
package sys

import (
	"syscall"
	"unsafe"
)

// Numbers of system calls, MIPS64 n64.
const (
	Read         = 5000
	Write        = 5001
	Open         = 5002
	Close        = 5003
	Mmap         = 5009
	Mprotect     = 5010
	Munmap       = 5011
	Brk          = 5012
	SchedYield   = 5023
	Madvise      = 5027
	Nanosleep    = 5034
	Getpid       = 5038
	Fcntl        = 5070
	Gettid       = 5178
	Futex        = 5194
	ClockGettime = 5222
	Eventfd2     = 5284
	Getrandom    = 5313
)

// File descriptors of the fault-proof VM.
const (
	HintRead      = 3
	HintWrite     = 4
	PreimageRead  = 5
	PreimageWrite = 6
)

// Result is the value of a call in v0 and, if a3 signals failure, its error.
type Result struct {
	Value uintptr
	Err   syscall.Errno
}

// Call makes a system call without telling the Go scheduler.
func Call(number uintptr, args ...uintptr) Result {
	var a [6]uintptr
	copy(a[:], args)
	value, _, err := syscall.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	return Result{Value: value, Err: err}
}

// Address is the address of the first byte of a slice.
func Address(b []byte) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// Aligned returns a buffer of at least size bytes that begins at a multiple of 8.
func Aligned(size int) []byte {
	words := make([]uint64, (size+7)/8+1)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)
}

// Digest is a running 64-bit FNV-1a hash over the values that a guest adds.
type Digest uint64

// NewDigest returns the digest of nothing.
func NewDigest() Digest { return 0xcbf29ce484222325 }

// Bytes adds bytes.
func (d *Digest) Bytes(b []byte) {
	for _, x := range b {
		*d = (*d ^ Digest(x)) * 0x100000001b3
	}
}

// Word adds a number.
func (d *Digest) Word(w uint64) {
	for shift := 56; shift >= 0; shift -= 8 {
		*d = (*d ^ Digest(byte(w>>shift))) * 0x100000001b3
	}
}

// Result adds what a call returned.
func (d *Digest) Result(r Result) {
	d.Word(uint64(r.Value))
	d.Word(uint64(r.Err))
}
