// Command threads ties goroutines to threads of their own and lets some of the threads exit.
package main

import (
	"fmt"
	"runtime"
	"sync"

	"tribunal/guests/sys"
)

// spin keeps its thread busy for longer than the scheduler lets a thread run.
func spin(rounds int) (sum uint32) {
	for i := range rounds {
		sum = sum<<5 ^ sum>>3 + uint32(i)
	}
	return sum
}

func main() {
	runtime.GOMAXPROCS(4)
	const threads = 6
	sums := make([]uint32, threads)
	ids := make([]uintptr, threads)
	var mutex sync.Mutex
	total := 0

	var group sync.WaitGroup
	for i := range threads {
		group.Go(func() {
			// Never unlocked by half of them: their threads exit with their goroutines.
			runtime.LockOSThread()
			if i%2 == 0 {
				defer runtime.UnlockOSThread()
			}
			ids[i] = sys.Call(sys.Gettid).Value
			sums[i] = spin(60_000 * (i + 1))
			for range 200 {
				mutex.Lock()
				total += i
				mutex.Unlock()
			}
		})
	}
	group.Wait()

	// Threads hand a token round.
	ring := make([]chan int, 5)
	for i := range ring {
		ring[i] = make(chan int)
	}
	for i := range ring {
		go func() {
			runtime.LockOSThread()
			for token := range ring[i] {
				if token == 0 {
					close(ring[(i+1)%len(ring)])
					return
				}
				ring[(i+1)%len(ring)] <- token - 1
			}
			if i != 0 {
				close(ring[(i+1)%len(ring)])
			}
		}()
	}
	done := make(chan struct{})
	go func() { ring[0] <- 300; close(done) }()
	<-done
	runtime.Gosched()

	distinct := map[uintptr]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	fmt.Println("threads", sums, total, len(distinct))
}
