// Command devnet runs small OP Stack chains on op-node and op-geth, and serves them over HTTP until its standard input
// ends. It prints one line of JSON when everything is ready.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ethereum/go-ethereum/log"

	"tribunal/conformance/devnet/plan"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "devnet:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	names := make([]string, len(plan.Names))
	for i, name := range plan.Names {
		names[i] = string(name)
	}
	flag.StringVar(&o.fork, "fork", "karst", "the `fork` that activates inside the chain: "+strings.Join(names, ", "))
	flag.StringVar(&o.active, "active", "", "the newest `fork`, at genesis; nothing activates then")
	flag.Int64Var(&o.seed, "seed", 1, "sets everything that is not set otherwise")
	flag.IntVar(&o.rounds, "rounds", plan.MinRounds, "L1 blocks with activity")
	flag.IntVar(&o.claims, "claims", 10, "claims at most")
	flag.StringVar(&o.out, "out", "", "also write configs, claims and blocks to this `folder`")
	flag.Uint64Var(&o.stale, "stale", 0, "also serve a node of L2 that ends with this `block`")
	flag.DurationVar(&o.serve.Latency, "latency", 0, "added to every answer")
	flag.Uint64Var(&o.serve.LieAbout, "lie-about", 0, "tell a wrong output root of this L2 `block`")
	seconds := flag.Int("max-seconds", 1800, "end after this time at the latest")
	level := slog.LevelError
	flag.TextVar(&level, "log", level, "the least `level` of logs on standard error: debug, info, warn, error")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	lgr := log.NewLogger(log.NewTerminalHandlerWithLevel(os.Stderr, level, false))
	log.SetDefault(lgr)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	d, err := start(ctx, lgr, o)
	if err != nil {
		return err
	}
	defer d.close()
	if err := json.NewEncoder(os.Stdout).Encode(d.line); err != nil {
		return err
	}
	wait(ctx, time.Duration(*seconds)*time.Second)
	return nil
}

// wait returns when standard input ends, which the death of the parent makes happen, or on a signal, or in the end.
func wait(ctx context.Context, limit time.Duration) {
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	case <-time.After(limit):
	}
}
