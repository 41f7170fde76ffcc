// Command atomics adds, swaps and compares words that several threads fight over.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

type counters struct {
	a32, cas32 atomic.Uint32
	a64, cas64 atomic.Uint64
	and, or    atomic.Uint32
	bits64     atomic.Uint64
	pointer    atomic.Pointer[int]
	flag       atomic.Bool
	value      atomic.Value
}

func (c *counters) work(id, rounds int) {
	for i := range rounds {
		c.a32.Add(uint32(id))
		c.a64.Add(uint64(id) << 33)
		for {
			old := c.cas64.Load()
			if c.cas64.CompareAndSwap(old, old*3+1) {
				break
			}
		}
		for {
			old := c.cas32.Load()
			if c.cas32.CompareAndSwap(old, old+1) {
				break
			}
		}
		c.or.Or(1 << (i % 32))
		c.and.And(^uint32(1 << (i % 7)))
		c.bits64.Or(1 << (i % 64))
		c.bits64.And(^uint64(1) << (id % 64))
		c.pointer.Swap(&i)
		c.flag.CompareAndSwap(i%2 == 0, i%3 == 0)
		c.value.Store(i)
		if i%64 == 0 {
			runtime.Gosched()
		}
	}
}

func main() {
	runtime.GOMAXPROCS(4)
	var c counters
	c.and.Store(0xffffffff)
	const threads, rounds = 4, 1500
	var group sync.WaitGroup
	for id := range threads {
		group.Go(func() {
			runtime.LockOSThread()
			c.work(id+1, rounds)
		})
	}
	group.Wait()
	fmt.Printf("atomics %d %d %d %x %x %x\n", c.a32.Load(), c.cas32.Load(), c.a64.Load()>>33, c.or.Load(), c.and.Load(), c.bits64.Load())
}
