// Command long keeps several threads busy for some hundred million steps, to measure the speed of a VM: hashing, sorting,
// maps, allocation, and counters and queues that the threads share.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	threads = 4
	rounds  = 20
)

// shared is the state that the threads contend for.
type shared struct {
	counter atomic.Uint64
	high    atomic.Uint32
	mutex   sync.Mutex
	totals  map[uint32]int
	queue   chan [32]byte
}

func (s *shared) work(id int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	block := [32]byte{byte(id)}
	for round := range rounds {
		numbers := make([]uint32, 0, 2000)
		for range 250 {
			block = sha256.Sum256(block[:])
			for i := 0; i < len(block); i += 4 {
				numbers = append(numbers, binary.BigEndian.Uint32(block[i:]))
			}
		}
		slices.Sort(numbers)
		for i, number := range numbers {
			s.counter.Add(uint64(number) * uint64(i))
			if high := s.high.Load(); number > high {
				s.high.CompareAndSwap(high, number)
			}
			if i%16 == 0 {
				s.mutex.Lock()
				s.totals[number%101] += round
				s.mutex.Unlock()
			}
		}
		s.queue <- block
	}
}

func main() {
	runtime.GOMAXPROCS(threads)
	s := &shared{totals: map[uint32]int{}, queue: make(chan [32]byte, 2)}
	var group sync.WaitGroup
	for id := range threads {
		group.Go(func() { s.work(id) })
	}
	go func() { group.Wait(); close(s.queue) }()
	var all [32]byte
	for block := range s.queue {
		for i := range all {
			all[i] ^= block[i]
		}
	}
	fmt.Printf("long %x %x %d %d\n", all[:8], s.counter.Load(), s.high.Load(), len(s.totals))
}
