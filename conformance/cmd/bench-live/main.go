// Command bench-live decides claims of devnets with real nodes, each answer of which takes 20 ms longer: without reading
// ahead, with it, and offline from the store that was kept. It prints times, requests by method, and the longest chain of
// dependent requests, which bounds how fast reading ahead can be.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tribunal/conformance/build"
	"tribunal/conformance/live"
	"tribunal/conformance/subject"
)

// What a run with reading ahead may take: a multiple of the offline time, the latency for each request of the longest
// chain, and a constant.
const (
	factor   = 1.5
	constant = 500 * time.Millisecond
)

// options are the flags.
type options struct {
	devnet, forks, notes string
	format               string
	runs                 int
	latency              time.Duration
	verbose, timeline    bool
}

func main() {
	var o options
	flag.StringVar(&o.devnet, "devnet", filepath.Join(build.Folder(), "bin", "devnet"), "the devnet's program")
	flag.StringVar(&o.forks, "forks", "isthmus,karst", "forks, separated by commas")
	flag.StringVar(&o.notes, "claims", "one block,several blocks,all blocks", "how the notes of claims begin, separated by commas")
	flag.StringVar(&o.format, "format", "redb", "format of the stores: redb or directory")
	flag.IntVar(&o.runs, "runs", 3, "runs of each kind, in turn; the median counts")
	flag.DurationVar(&o.latency, "latency", 20*time.Millisecond, "added to every answer")
	flag.BoolVar(&o.verbose, "v", false, "also print each run")
	flag.BoolVar(&o.timeline, "timeline", false, "also print when each request of a run that reads ahead was sent and answered")
	flag.Parse()
	missed, err := run(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	if missed > 0 {
		fmt.Printf("%d claims took longer than the bound\n", missed)
	}
}

func run(ctx context.Context, o options) (missed int, err error) {
	tribunal, err := subject.Find(build.Root())
	if err != nil {
		return 0, err
	}
	fmt.Printf("Each answer of the nodes takes %v longer. Times are medians of %d runs, in milliseconds.\n", o.latency, o.runs)
	fmt.Printf("The bound is %.1f × offline + %v × the longest chain of dependent requests + %v.\n\n", factor, o.latency, constant)
	fmt.Printf("%-52s | %9s %9s | %9s %9s | %7s | %6s %9s %s\n", "", "not ahead", "", "ahead", "", "offline", "", "", "")
	fmt.Printf("%-52s | %9s %9s | %9s %9s | %7s | %6s %9s %s\n", "claim", "time", "requests", "time", "requests", "time", "chain", "bound", "")
	var details []string
	for _, fork := range strings.Split(o.forks, ",") {
		devnet, err := start(ctx, o, fork)
		if err != nil {
			return missed, fmt.Errorf("the devnet %s: %w", fork, err)
		}
		for _, claim := range devnet.line.Claims {
			if !slices.ContainsFunc(strings.Split(o.notes, ","), func(start string) bool { return strings.HasPrefix(claim.Note, start) }) {
				continue
			}
			result, err := compare(ctx, tribunal.Path, devnet, claim, o)
			if err != nil {
				devnet.stop()
				return missed, fmt.Errorf("%s, %s: %w", fork, claim.Note, err)
			}
			if !result.print(fork+", "+claim.Note, o.latency) {
				missed++
			}
			details = append(details, result.details(fork+", "+claim.Note))
			if o.timeline {
				details = append(details, result.timeline())
			}
		}
		devnet.stop()
	}
	fmt.Printf("\n%s", strings.Join(details, "\n"))
	return missed, nil
}

// measurement is one run of a host.
type measurement struct {
	took time.Duration
	// user and system are the processor time.
	user, system time.Duration
	requests     []live.Request
	// said is the host's line about nodes.
	said string
}

// result is what the runs about a claim came to: the median of each kind.
type result struct {
	direct, ahead, offline measurement
	chain                  live.Chain
}

// compare runs the three kinds in turn, so that other load on the machine affects all.
func compare(ctx context.Context, tribunal string, d *devnet, c claim, o options) (*result, error) {
	recorder, err := live.Record(d.line.Endpoints["l1"])
	if err != nil {
		return nil, err
	}
	defer recorder.Close()
	folder, err := os.MkdirTemp("", "bench-live")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	var direct, ahead, offline []measurement
	for i := range o.runs {
		store := filepath.Join(folder, fmt.Sprint(i))
		nodes, err := d.nodes(recorder)
		if err != nil {
			return nil, err
		}
		for _, kind := range []struct {
			name      string
			to        *[]measurement
			store     string
			arguments []string
		}{
			{"not ahead", &direct, store + "-direct", append(slices.Clone(nodes), "--no-prefetch")},
			{"ahead", &ahead, store, nodes},
			{"offline", &offline, store, nil},
		} {
			m, err := decide(ctx, tribunal, d, c, append(kind.arguments, "--data-dir", kind.store, "--data-format", o.format))
			if err != nil {
				return nil, err
			}
			m.requests = recorder.Requests()
			*kind.to = append(*kind.to, m)
			if o.verbose {
				chain := live.Longest(m.requests, c.L1Head, c.AgreedHash, c.AgreedRoot)
				fmt.Printf("%s: %v (processor: user %v, system %v), %d requests, chain %d (%d in time): %s\n", kind.name, m.took, m.user, m.system, len(m.requests), chain.Longest, chain.InTime, m.said)
			}
		}
	}
	r := &result{direct: median(direct), ahead: median(ahead), offline: median(offline)}
	r.chain = live.Longest(r.ahead.requests, c.L1Head, c.AgreedHash, c.AgreedRoot)
	return r, nil
}

func median(all []measurement) measurement {
	slices.SortFunc(all, func(a, b measurement) int { return cmp.Compare(a.took, b.took) })
	return all[len(all)/2]
}

// decide runs a host about a claim, from the start of the process to its end, and checks the verdict.
func decide(ctx context.Context, tribunal string, d *devnet, c claim, more []string) (measurement, error) {
	command := exec.CommandContext(ctx, tribunal, append(d.arguments(c), more...)...)
	var messages strings.Builder
	command.Stderr = &messages
	start := time.Now()
	err := command.Run()
	m := measurement{took: time.Since(start), user: command.ProcessState.UserTime(), system: command.ProcessState.SystemTime()}
	if code, want := command.ProcessState.ExitCode(), c.code(); code != want {
		return m, fmt.Errorf("exit code %d in place of %d: %s: %w\n%s", code, want, command, err, messages.String())
	}
	for line := range strings.Lines(messages.String()) {
		if strings.Contains(line, "nodes: ") {
			m.said = strings.TrimSpace(line)
		}
	}
	return m, nil
}

// print prints a line, and says whether the bound is kept.
func (r *result) print(name string, latency time.Duration) bool {
	bound := time.Duration(factor*float64(r.offline.took)) + time.Duration(r.chain.Longest)*latency + constant
	kept, verdict := r.ahead.took <= bound, "kept"
	if !kept {
		verdict = "MISSED"
	}
	fmt.Printf("%-52.52s | %9d %9d | %9d %9d | %7d | %6d %9d %s\n", name, r.direct.took.Milliseconds(), len(r.direct.requests),
		r.ahead.took.Milliseconds(), len(r.ahead.requests), r.offline.took.Milliseconds(), r.chain.Longest, bound.Milliseconds(), verdict)
	return kept
}

func (r *result) details(name string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n  not ahead: %s\n  ahead:     %s\n", name, r.direct.said, r.ahead.said)
	fmt.Fprintf(&out, "  longest chain of dependent requests: %s\n", strings.Join(r.chain.Methods, ", "))
	fmt.Fprintf(&out, "  requests one after another in time: %d; for something computed: %d\n", r.chain.InTime, r.chain.Unexplained)
	direct, ahead := byMethod(r.direct.requests), byMethod(r.ahead.requests)
	all := maps.Clone(direct)
	maps.Copy(all, ahead)
	fmt.Fprintf(&out, "  %-46s %9s %9s\n", "requests", "not ahead", "ahead")
	for _, method := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&out, "  %-46s %9d %9d\n", method, direct[method], ahead[method])
	}
	return out.String()
}

// timeline has a line for each request, in milliseconds since the first.
func (r *result) timeline() string {
	requests := slices.Clone(r.ahead.requests)
	slices.SortFunc(requests, func(a, b live.Request) int { return cmp.Compare(a.Sent, b.Sent) })
	var out strings.Builder
	for i := range requests {
		since := func(t time.Duration) int64 { return (t - requests[0].Sent).Milliseconds() }
		fmt.Fprintf(&out, "  %6d to %6d  %s\n", since(requests[i].Sent), since(requests[i].Answered), requests[i].Method())
	}
	return out.String()
}

func byMethod(requests []live.Request) map[string]int {
	counts := map[string]int{}
	for i := range requests {
		counts[requests[i].Method()]++
	}
	return counts
}
