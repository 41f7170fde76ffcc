// Package serve puts a devnet behind one port: the nodes, the beacon API and the rollup node, with profiles in the path.
package serve

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"tribunal/conformance/devnet/network"
)

// Options change what is served.
type Options struct {
	// Latency is added to every answer.
	Latency time.Duration
	// LieAbout is an L2 block for which optimism_outputAtBlock tells a wrong root, 0 for none.
	LieAbout uint64
}

// Server is a running server.
type Server struct {
	url  string
	http *http.Server
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
	s := &Server{url: "http://" + listener.Addr().String(), http: &http.Server{Handler: front, ReadHeaderTimeout: time.Minute}}
	go func() { _ = s.http.Serve(listener) }() // it ends with Close
	return s, nil
}

// Endpoints are the addresses of everything, by name.
func (s *Server) Endpoints() map[string]string {
	return map[string]string{
		"l1": s.url + "/l1", "beacon": s.url + "/beacon", "l2": s.url + "/l2", "l2_second": s.url + "/l2-sequencer",
		"rollup": s.url + "/rollup", "control": s.url + "/control",
	}
}

// Close ends the server and all connections.
func (s *Server) Close() { _ = s.http.Close() }
