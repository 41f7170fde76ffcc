package serve

import (
	"net/http"
	"strings"
	"time"

	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/network"
)

// front finds the endpoint and the profile in a request's path:
//
//	[/delay/20ms] [/as/NAME] /ENDPOINT [PROFILE]
//
// A profile changes what its own requests see, and nothing else, so parallel tests do not disturb each other.
type front struct {
	latency time.Duration
	counts  *counts
	nodes   map[string]*rpcNode
	beacon  *beacon
}

func newFront(n *network.Network, o Options) (*front, error) {
	f := &front{latency: o.Latency, counts: newCounts(), nodes: map[string]*rpcNode{}, beacon: newBeacon(n)}
	nodes := map[string]*chain.Node{"l1": n.L1.Node, "l2": n.Verifier.Node, "l2-sequencer": n.Seq.Node}
	if o.Stale != nil {
		nodes["l2-stale"] = o.Stale.Node
	}
	for name, node := range nodes {
		server, err := node.RPC()
		if err != nil {
			return nil, err
		}
		f.nodes[name] = &rpcNode{server, executionNamespaces}
	}
	rollup, err := newRollup(n, o.LieAbout)
	if err != nil {
		return nil, err
	}
	f.nodes["rollup"] = &rpcNode{rollup, []string{"optimism"}}
	return f, nil
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	delay, name := f.latency, ""
	for len(path) > 2 {
		switch path[0] {
		case "delay":
			d, err := time.ParseDuration(path[1])
			if err != nil {
				http.Error(w, "the delay is not a time such as 20ms", http.StatusBadRequest)
				return
			}
			delay += d
		case "as":
			name = path[1]
		default:
			f.endpoint(w, r, delay, name, path)
			return
		}
		path = path[2:]
	}
	f.endpoint(w, r, delay, name, path)
}

func (f *front) endpoint(w http.ResponseWriter, r *http.Request, delay time.Duration, name string, path []string) {
	endpoint, rest := path[0], path[1:]
	if endpoint == "control" {
		f.counts.serve(w, rest)
		return
	}
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return
	}
	seen := func(method string) { f.counts.add(name, endpoint, method) }
	if endpoint == "beacon" {
		f.beacon.serve(w, r, rest, seen)
		return
	}
	node, ok := f.nodes[endpoint]
	if !ok {
		http.NotFound(w, r)
		return
	}
	without := map[string]bool{}
	if len(rest) == 2 && rest[0] == "without" {
		for _, method := range strings.Split(rest[1], ",") {
			without[method] = true
		}
	} else if len(rest) > 0 {
		http.NotFound(w, r)
		return
	}
	node.serve(w, r, without, seen)
}
