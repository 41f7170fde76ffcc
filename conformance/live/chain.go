package live

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
)

// Chain is what requests needed of each other.
type Chain struct {
	// Longest is the number of requests of the longest chain of dependent ones.
	Longest int
	// Methods are the methods of one such chain, the first request first.
	Methods []string
	// Unexplained are the requests for something that no answer and no claim names: what the client computed.
	Unexplained int
	// InTime is the greatest number of requests of which each was sent after the one before was answered, whether it
	// needed it or not.
	InTime int
}

// Longest finds the longest chain of dependent requests. A request depends on the answers that name what it asks for: a
// hash of 32 bytes in its parameters or its query. Of several answers that name the same hash, the one at the end of the
// shortest chain counts, because the request could have been made after it. Hashes that the claim names are known from the
// start. So are numbers and addresses, which makes chains shorter than they may be, and never longer.
//
// A hash that no earlier answer names was computed. Such a request depends on all requests that had been answered when it
// was sent.
func Longest(requests []Request, known ...string) Chain {
	bySent := slices.Clone(requests)
	slices.SortStableFunc(bySent, func(a, b Request) int { return cmp.Compare(a.Sent, b.Sent) })
	links := make([]link, len(bySent))
	byAnswered := make([]int, len(bySent))
	wanted := map[string]bool{}
	for i := range bySent {
		links[i] = link{keys: keys(&bySent[i]), before: -1}
		byAnswered[i] = i
		for _, key := range links[i].keys {
			wanted[key] = true
		}
	}
	slices.SortStableFunc(byAnswered, func(a, b int) int { return cmp.Compare(bySent[a].Answered, bySent[b].Answered) })

	// The request whose answer named a hash at the end of the shortest chain, -1 for what is known from the start.
	source := map[string]int{}
	for _, hash := range known {
		for _, key := range hashes.FindAllString(hash, -1) {
			source[key[len(key)-digits:]] = -1
		}
	}
	chain, longestAnswered, answered := Chain{}, -1, 0
	for i := range bySent {
		for ; answered < len(byAnswered) && bySent[byAnswered[answered]].Answered <= bySent[i].Sent; answered++ {
			from := byAnswered[answered]
			if longestAnswered < 0 || links[from].depth > links[longestAnswered].depth {
				longestAnswered = from
			}
			for key := range named(bySent[from].Answer, wanted) {
				if old, ok := source[key]; !ok || (old >= 0 && links[from].depth < links[old].depth) {
					source[key] = from
				}
			}
		}
		explained := true
		for _, key := range links[i].keys {
			from, ok := source[key]
			if !ok {
				explained, from = false, longestAnswered
			}
			if from >= 0 && (links[i].before < 0 || links[from].depth > links[links[i].before].depth) {
				links[i].before = from
			}
		}
		if !explained {
			chain.Unexplained++
		}
		links[i].depth = 1
		if before := links[i].before; before >= 0 {
			links[i].depth += links[before].depth
		}
		chain.Longest = max(chain.Longest, links[i].depth)
	}
	chain.Methods = methods(bySent, links, chain.Longest)
	chain.InTime = inTime(bySent, byAnswered)
	return chain
}

// link is a request's place in chains.
type link struct {
	keys []string
	// depth is the number of requests of the chain that ends here, and before the one before this.
	depth, before int
}

func methods(requests []Request, links []link, longest int) []string {
	at := slices.IndexFunc(links, func(l link) bool { return l.depth == longest })
	var methods []string
	for ; at >= 0; at = links[at].before {
		methods = append(methods, requests[at].Method())
	}
	slices.Reverse(methods)
	return methods
}

// inTime takes the request that is answered first, then of those sent later again the one that is answered first, and so on.
func inTime(requests []Request, byAnswered []int) int {
	count := 0
	var end *Request
	for _, i := range byAnswered {
		if r := &requests[i]; end == nil || r.Sent >= end.Answered {
			count, end = count+1, r
		}
	}
	return count
}

// digits of a hash.
const digits = 64

// hashes are texts of 32 bytes in hexadecimal, and of 33 bytes: a prefix of one byte makes keys of a database.
var hashes = regexp.MustCompile(`0x([0-9a-f]{2})?[0-9a-f]{64}\b`)

// keys are the hashes that a request asks for.
func keys(r *Request) []string {
	var keys []string
	add := func(text string) {
		for _, key := range hashes.FindAllString(text, -1) {
			keys = append(keys, key[len(key)-digits:])
		}
	}
	add(r.Path)
	for _, call := range r.calls() {
		var params []json.RawMessage
		if json.Unmarshal(call.Params, &params) != nil {
			continue
		}
		for i, param := range params {
			// Slots of an account are as long as hashes.
			if call.Method == "eth_getProof" && i == 1 {
				continue
			}
			add(string(param))
		}
	}
	return keys
}

// named are the wanted hashes that an answer has anywhere: in a text of its own, or in the middle of other bytes.
func named(answer []byte, wanted map[string]bool) map[string]bool {
	found := map[string]bool{}
	run := 0
	for i, c := range answer {
		if ('0' <= c && c <= '9') || ('a' <= c && c <= 'f') {
			run++
		} else {
			run = 0
		}
		// Bytes are written one after another, but the run may begin with a digit that is no part of them.
		if run >= digits {
			if key := answer[i+1-digits : i+1]; wanted[string(key)] {
				found[string(key)] = true
			}
		}
	}
	return found
}
