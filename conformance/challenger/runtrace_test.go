package challenger

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"tribunal/conformance/build"
	"tribunal/conformance/harness"
	"tribunal/conformance/nodes"
)

// op-challenger's run-trace verifies the newest output root that a rollup node names, and sees when it names a wrong one.
// It has Tribunal in the place of Cannon and of kona-host. No contract is deployed.
func TestRunTrace(t *testing.T) {
	if !harness.All {
		harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
	}
	tribunal := links(t, harness.Program(t).Path)
	prestate := harness.Compress(t, harness.Initial(t, harness.Client(t)))
	devnet := harness.Nodes(t, "--fork", "karst", "--seed", "1", "--claims", "0")
	program := harness.Built(t)(build.Challenger(t.Context()))
	if verdict := runTrace(t, program, tribunal, prestate, devnet); verdict != verified {
		t.Errorf("op-challenger says %q of a true claim", verdict)
	}
	// The same chains: what run-trace disputes is the newest block.
	lying := harness.Nodes(t, "--fork", "karst", "--seed", "1", "--claims", "0", "--lie-about", fmt.Sprint(devnet.Safe))
	if verdict := runTrace(t, program, tribunal, prestate, lying); verdict != incorrect {
		t.Errorf("op-challenger says %q of a false claim", verdict)
	}
}

// What run-trace logs at the end of a run.
const (
	verified  = "Successfully verified output root"
	incorrect = "Incorrect status code"
)

var outcomes = []string{verified, incorrect, "VM panicked", "VM execution timed out", "Failed to run"}

// runTrace starts op-challenger, and stops it after the first run, whose outcome it returns.
func runTrace(t *testing.T, program string, p programs, prestate string, devnet *nodes.Devnet) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, "run-trace",
		"--l1-eth-rpc", devnet.Address("l1", "trace"), "--l1-beacon", devnet.Address("beacon", "trace"),
		"--l2-eth-rpc", devnet.Address("l2", "trace"), "--rollup-rpc", devnet.Address("rollup", "trace"),
		"--datadir", t.TempDir(), "--game-types", "cannon-kona", "--game-factory-address", "0x0000000000000000000000000000000000000001",
		"--cannon-bin", p.vm, "--cannon-kona-server", p.host, "--cannon-kona-prestate", prestate,
		"--rollup-config", devnet.File("rollup.json"), "--l2-genesis", devnet.File("l2-genesis.json"),
		"--l1-genesis", devnet.File("l1-genesis-config.json"),
		"--run", "cannon-kona/trace/file:"+prestate, "--vm-timeout", "5m")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	// Stopped as a whole: op-challenger may have begun the next run, and would wait for its host.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var log []string
	outcome := ""
	for lines := bufio.NewScanner(output); lines.Scan(); {
		log = append(log, lines.Text())
		if outcome == "" {
			if outcome = outcomeIn(lines.Text()); outcome != "" {
				_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
			}
		}
	}
	if err := command.Wait(); outcome == "" {
		t.Fatalf("op-challenger ended before its first run did: %v\n%s", err, strings.Join(log, "\n"))
	}
	return outcome
}

func outcomeIn(line string) string {
	for _, outcome := range outcomes {
		if strings.Contains(line, outcome) {
			return outcome
		}
	}
	return ""
}
