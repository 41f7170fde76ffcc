package tests

import (
	"testing"

	"tribunal/conformance/harness"
)

// `--debug-info` counts what Cannon counts, in compiled code and in the interpreter.
func TestDebugInfo(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	guests := []string{"atomics", "threads", "futex"}
	if harness.All {
		guests = harness.Guests(t)
	}
	for _, guest := range guests {
		if harness.Server(t, guest) != nil || harness.Enough(guest) != 0 {
			continue
		}
		t.Run(guest, func(t *testing.T) {
			arguments := run(harness.Initial(t, harness.Guest(t, guest)), "--debug-info", "debug.json")
			want, _ := sameOutcome(t, cannon, tribunal, arguments...)
			info := want.files["debug.json"]
			if info == "" {
				t.Fatal("Cannon wrote no debug info")
			}
			t.Log(info)
			interpreted := runIn(t, tribunal, append(arguments, "--interpreter")...)
			if interpreted.files["debug.json"] != info {
				t.Errorf("interpreted: %s", interpreted.files["debug.json"])
			}
		})
	}
}
