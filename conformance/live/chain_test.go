package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func hash(digit string) string { return "0x" + strings.Repeat(digit, 64) }

// request is one that is sent and answered at these milliseconds, for hashes, with an answer that has others.
func request(method string, sent, answered int, asks string, answer string) Request {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":[%s]}`, method, asks)
	ms := time.Millisecond
	return Request{Path: "/l1", Body: []byte(body), Answer: []byte(answer), Sent: time.Duration(sent) * ms, Answered: time.Duration(answered) * ms}
}

func quoted(hashes ...string) string { return `"` + strings.Join(hashes, `","`) + `"` }

func TestChains(t *testing.T) {
	a, b, c, d := hash("a"), hash("b"), hash("c"), hash("d")
	header := request("header", 0, 10, quoted(a), quoted(b, c))
	one, other := request("one", 20, 30, quoted(b), `"0xff`+d[2:]+`00"`), request("other", 20, 40, quoted(c), "{}")
	last := request("last", 50, 60, quoted("0x63"+d[2:]), "{}")
	for name, test := range map[string]struct {
		requests []Request
		want     Chain
	}{
		"none": {nil, Chain{}},
		"each needs the one before": {
			[]Request{header, one, other, last},
			Chain{Longest: 3, Methods: []string{"header", "one", "last"}, InTime: 3},
		},
		"in another order of recording": {
			[]Request{last, other, one, header},
			Chain{Longest: 3, Methods: []string{"header", "one", "last"}, InTime: 3},
		},
		"the shortest way counts": {
			[]Request{header, one, request("batch", 0, 11, quoted(a), quoted(d)), last},
			Chain{Longest: 2, InTime: 3},
		},
		"numbers are known": {
			[]Request{header, request("number", 20, 30, `"0x10"`, "{}")},
			Chain{Longest: 1, InTime: 2},
		},
		"what is computed comes after all that was answered": {
			[]Request{header, one, request("computed", 35, 50, quoted(hash("e")), "{}")},
			Chain{Longest: 3, Methods: []string{"header", "one", "computed"}, Unexplained: 1, InTime: 3},
		},
		"slots of proofs are no hashes": {
			[]Request{header, request("eth_getProof", 20, 30, `"0x10",["`+hash("e")+`"],"`+b+`"`, "{}")},
			Chain{Longest: 2, InTime: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Longest(test.requests, a)
			if test.want.Methods == nil {
				got.Methods = nil
			}
			if got.Longest != test.want.Longest || got.Unexplained != test.want.Unexplained || got.InTime != test.want.InTime ||
				!slices.Equal(got.Methods, test.want.Methods) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestQueriesAskForHashes(t *testing.T) {
	a, b := hash("a"), hash("b")
	blobs := Request{Path: "/beacon/eth/v1/beacon/blobs/17?versioned_hashes=" + b, Sent: 20 * time.Millisecond, Answered: 30 * time.Millisecond}
	got := Longest([]Request{request("block", 0, 10, quoted(a), quoted(b)), blobs}, a)
	if got.Longest != 2 || blobs.Method() != "/beacon/eth/v1/beacon/blobs/SLOT" {
		t.Errorf("got %+v, %s", got, blobs.Method())
	}
}
