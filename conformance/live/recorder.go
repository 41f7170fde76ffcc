// Package live watches what a host asks of nodes: a recording proxy, and the longest chain of requests of which each needs
// an answer to the one before.
package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Request is one request over HTTP, and its answer.
type Request struct {
	// Path is that of the URL, with the query.
	Path string
	// Body is what was sent, and Answer what came back.
	Body, Answer []byte
	// Sent and Answered are the times since the recorder was started.
	Sent, Answered time.Duration
}

// Recorder passes requests on to a server, and records them.
type Recorder struct {
	target *url.URL
	client *http.Client
	server *http.Server
	url    string
	start  time.Time

	mu       sync.Mutex
	requests []Request
}

// Record starts a recorder in front of the server at an address such as http://127.0.0.1:8545.
func Record(target string) (*Recorder, error) {
	parsed, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("the address to record: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a port: %w", err)
	}
	// As many connections as the host opens: none may wait for another.
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}
	r := &Recorder{target: parsed, client: client, url: "http://" + listener.Addr().String(), start: time.Now()}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(listener) }() // it ends with Close
	return r, nil
}

// URL is the recorder's address with the path of an address of the server.
func (r *Recorder) URL(of string) (string, error) {
	parsed, err := url.Parse(of)
	if err != nil {
		return "", err
	}
	return r.url + parsed.Path, nil
}

// Requests are the requests since the last call.
func (r *Recorder) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	requests := r.requests
	r.requests = nil
	return requests
}

// Close ends the recorder and all connections.
func (r *Recorder) Close() { _ = r.server.Close() }

// ServeHTTP passes a request on. Requests that the client gave up are not recorded.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	sent := time.Since(r.start)
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	target := *r.target
	target.Path, target.RawQuery = request.URL.Path, request.URL.RawQuery
	passed, err := http.NewRequestWithContext(request.Context(), request.Method, target.String(), bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	passed.Header = request.Header.Clone()
	answer, err := r.client.Do(passed)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("content-type", answer.Header.Get("content-type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(content) // the client is gone if this fails
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, Request{
		Path: request.URL.RequestURI(), Body: body, Answer: content, Sent: sent, Answered: time.Since(r.start),
	})
}

// calls are the calls of a request of JSON-RPC.
func (r *Request) calls() []call {
	var many []call
	if json.Unmarshal(r.Body, &many) == nil {
		return many
	}
	var one call
	if json.Unmarshal(r.Body, &one) == nil && one.Method != "" {
		return []call{one}
	}
	return nil
}

type call struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// Method names what was asked: the method of JSON-RPC, with the number of calls if there are several, or the path of the
// beacon API without what differs from slot to slot.
func (r *Request) Method() string {
	switch calls := r.calls(); len(calls) {
	case 0:
		path, _, _ := strings.Cut(r.Path, "?")
		parts := strings.Split(path, "/")
		if last := &parts[len(parts)-1]; strings.Trim(*last, "0123456789") == "" {
			*last = "SLOT"
		}
		return strings.Join(parts, "/")
	case 1:
		return calls[0].Method
	default:
		return calls[0].Method + " (batches)"
	}
}
