// Package serve puts a devnet behind one port: the nodes, the beacon API and the rollup node, with profiles in the path.
package serve

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/network"
)

// Options change what is served.
type Options struct {
	// Latency is added to every answer.
	Latency time.Duration
	// Stale is another node of L2, which ends earlier, if there is one.
	Stale *chain.L2
	// LieAbout is an L2 block for which optimism_outputAtBlock tells a wrong root, 0 for none.
	LieAbout uint64
}

// Server is a running server.
type Server struct {
	url   string
	http  *http.Server
	stale bool
}

// Start serves a devnet on a free port of the loopback address.
func Start(n *network.Network, o Options) (*Server, error) {
	front, err := newFront(n, o)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a port: %w", err)
	}
	s := &Server{url: "http://" + listener.Addr().String(), http: &http.Server{Handler: front, ReadHeaderTimeout: time.Minute}, stale: o.Stale != nil}
	go func() { _ = s.http.Serve(listener) }() // it ends with Close
	return s, nil
}

// Endpoints are the addresses of everything, by name.
func (s *Server) Endpoints() map[string]string {
	out := map[string]string{
		"l1": s.url + "/l1", "beacon": s.url + "/beacon", "l2": s.url + "/l2", "l2_second": s.url + "/l2-sequencer",
		"rollup": s.url + "/rollup", "control": s.url + "/control",
	}
	if s.stale {
		out["l2_stale"] = s.url + "/l2-stale"
	}
	return out
}

// Close ends the server and all connections.
func (s *Server) Close() { _ = s.http.Close() }
