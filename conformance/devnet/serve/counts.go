package serve

import (
	"encoding/json"
	"net/http"
	"sync"
)

// counts are the requests since the start, by the name that the client gave itself, by endpoint and by method.
type counts struct {
	mu     sync.Mutex
	byName map[string]byEndpoint
}

type byEndpoint map[string]map[string]int

func newCounts() *counts { return &counts{byName: map[string]byEndpoint{}} }

func (c *counts) add(name, endpoint, method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byName[name] = c.byName[name].plus(endpoint, method, 1)
}

func (b byEndpoint) plus(endpoint, method string, n int) byEndpoint {
	if b == nil {
		b = byEndpoint{}
	}
	if b[endpoint] == nil {
		b[endpoint] = map[string]int{}
	}
	b[endpoint][method] += n
	return b
}

// serve answers /control/counts with the requests of all, and /control/counts/NAME with those of one name.
func (c *counts) serve(w http.ResponseWriter, path []string) {
	if len(path) == 0 || len(path) > 2 || path[0] != "counts" {
		http.Error(w, "there is /control/counts and /control/counts/NAME", http.StatusNotFound)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out := byEndpoint{}
	for name, endpoints := range c.byName {
		if len(path) == 2 && path[1] != name {
			continue
		}
		for endpoint, methods := range endpoints {
			for method, n := range methods {
				out = out.plus(endpoint, method, n)
			}
		}
	}
	writeJSON(w, http.StatusOK, out)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone if this fails
}
