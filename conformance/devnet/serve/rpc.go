package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// executionNamespaces are what a public node serves. The engine API and administration stay inside.
var executionNamespaces = []string{"eth", "debug", "net", "web3"}

// maxBody is the size of a request body. Payload attributes are the largest.
const maxBody = 16 << 20

// The errors of geth for what it cannot read and for what it does not have.
const (
	parseError     = -32700
	methodNotFound = -32601
)

// rpcNode is a JSON-RPC server behind a filter.
type rpcNode struct {
	server     http.Handler
	namespaces []string
}

type call struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

type failure struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Error   struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func newFailure(id json.RawMessage, code int, message string) failure {
	f := failure{Version: "2.0", ID: id}
	f.Error.Code, f.Error.Message = code, message
	return f
}

// serve answers a request, or a batch of them, of which it lets the allowed ones through.
func (n *rpcNode) serve(w http.ResponseWriter, r *http.Request, without map[string]bool, seen func(string)) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	var batch []json.RawMessage
	single := json.Unmarshal(body, &batch) != nil
	if single {
		batch = []json.RawMessage{body}
	}
	var allowed []json.RawMessage
	refused := []failure{}
	for _, raw := range batch {
		var c call
		if json.Unmarshal(raw, &c) != nil {
			writeJSON(w, http.StatusOK, newFailure(json.RawMessage("null"), parseError, "parse error"))
			return
		}
		seen(c.Method)
		if n.allows(c.Method) && !without[c.Method] {
			allowed = append(allowed, raw)
			continue
		}
		refused = append(refused, newFailure(c.ID, methodNotFound, fmt.Sprintf("the method %s does not exist/is not available", c.Method)))
	}
	switch {
	case len(refused) == 0:
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		n.server.ServeHTTP(w, r)
	case single:
		writeJSON(w, http.StatusOK, refused[0])
	default:
		n.serveSome(w, r, allowed, refused)
	}
}

// serveSome answers a batch of which some requests are refused.
func (n *rpcNode) serveSome(w http.ResponseWriter, r *http.Request, allowed []json.RawMessage, refused []failure) {
	var answers []any
	if len(allowed) > 0 {
		body, err := json.Marshal(allowed)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		held := &heldAnswer{header: http.Header{}}
		n.server.ServeHTTP(held, r)
		var got []json.RawMessage
		if err := json.Unmarshal(held.body.Bytes(), &got); err != nil {
			http.Error(w, held.body.String(), http.StatusInternalServerError)
			return
		}
		for _, a := range got {
			answers = append(answers, a)
		}
	}
	for _, f := range refused {
		answers = append(answers, f)
	}
	writeJSON(w, http.StatusOK, answers)
}

// allows tells if a method is of a served namespace, and only reads.
func (n *rpcNode) allows(method string) bool {
	namespace, name, _ := strings.Cut(method, "_")
	if !slices.Contains(n.namespaces, namespace) {
		return false
	}
	// What is left of debug writes files, changes settings, or moves the head.
	return namespace != "debug" || strings.HasPrefix(name, "get") || strings.HasPrefix(name, "execut") ||
		slices.Contains([]string{"dbGet", "dbAncient", "dbAncients", "accountRange", "storageRangeAt", "printBlock"}, name)
}

// heldAnswer keeps an answer instead of sending it.
type heldAnswer struct {
	header http.Header
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header         { return h.header }
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }
func (h *heldAnswer) WriteHeader(int)             {}
