// Command sleep reads clocks, sleeps and waits for timers; time passes with the steps of the VM.
package main

import (
	"fmt"
	"time"

	"tribunal/guests/sys"
)

// clocks writes the time of every clock to every alignment; the VM writes to the words that hold the address.
func clocks() {
	buffer := sys.Aligned(64)
	for clock := range uintptr(12) {
		for offset := range uintptr(9) {
			r := sys.Call(sys.ClockGettime, clock, sys.Address(buffer)+offset)
			known := clock < 2
			if known != (r.Err == 0) {
				fmt.Println("clock", clock, "unexpected:", r)
			}
		}
	}
}

func main() {
	clocks()
	fmt.Println("sleep", time.Now().Unix())
	start := time.Now()
	time.Sleep(3 * time.Millisecond)
	slept := time.Since(start) >= 3*time.Millisecond

	ticks := 0
	ticker := time.NewTicker(time.Millisecond)
	deadline := time.After(5 * time.Millisecond)
	for waiting := true; waiting; {
		select {
		case <-ticker.C:
			ticks++
		case <-deadline:
			waiting = false
		}
	}
	ticker.Stop()
	timespec := sys.Aligned(16)
	for range 20 {
		sys.Call(sys.Nanosleep, sys.Address(timespec), 0)
		sys.Call(sys.SchedYield)
	}
	fmt.Println("sleep", slept, ticks > 0)
}
