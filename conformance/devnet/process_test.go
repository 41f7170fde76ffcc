package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"tribunal/conformance/devnet/report"
)

// asProgram makes the test binary behave as the program.
const asProgram = "DEVNET_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

func TestTheProgramPrintsOneLineAndEndsWithItsInput(t *testing.T) {
	cmd := program("--active", "ecotone", "--claims", "0", "--seed", "3")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(out)
	text, err := read.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var line report.Line
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatal(err)
	}
	if line.Format != report.Format || line.Fork != "ecotone" || line.Base != "ecotone" || line.Activation != 0 || line.Out != nil || line.Claims == nil {
		t.Errorf("the line is %s", text)
	}
	if status := get(t, line.Endpoints["beacon"]+"/eth/v1/beacon/genesis", nil); status != 200 {
		t.Errorf("the beacon node answers %d", status)
	}
	in.Close()
	if rest, err := io.ReadAll(read); err != nil || len(rest) > 0 {
		t.Errorf("after the line came %q, %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAProgramThatFailsPrintsNoLine(t *testing.T) {
	for _, args := range [][]string{{"--fork", "bedrock"}, {"more"}, {"--rounds", "1"}} {
		var errors strings.Builder
		cmd := program(args...)
		cmd.Stderr = &errors
		out, err := cmd.Output()
		if err == nil || cmd.ProcessState.ExitCode() != 1 || len(out) > 0 || !strings.HasPrefix(errors.String(), "devnet: ") {
			t.Errorf("%v: %v, printed %q and %q", args, err, out, errors.String())
		}
	}
}
