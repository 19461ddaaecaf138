package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// client asks one side over loopback, each goroutine on a connection of its own
// that is kept.
type client struct {
	http    *http.Client
	address string
	url     func(c *Case) string
	key     string
	body    func(c *Case, vars map[string]any) ([]byte, error)
	bodies  map[string][][]byte // of reads, by case
}

func newClient(key string) *client {
	return &client{
		http:   &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}},
		key:    key,
		bodies: map[string][][]byte{},
	}
}

// trellisClient asks GraphQL.
func trellisClient(address, key string) *client {
	c := newClient(key)
	c.address = address
	c.url = func(*Case) string { return "http://" + address + "/graphql" }
	c.body = func(k *Case, vars map[string]any) ([]byte, error) {
		return json.Marshal(map[string]any{"query": k.Query, "variables": vars})
	}
	return c
}

// floorClient sends the variables alone.
func floorClient(address string) *client {
	c := newClient("")
	c.url = func(k *Case) string { return "http://" + address + "/" + k.Name }
	c.body = func(_ *Case, vars map[string]any) ([]byte, error) { return json.Marshal(vars) }
	return c
}

// prepare makes the bodies of n requests, from the i-th on.
func (c *client) prepare(k *Case, s Size, i, n int) ([][]byte, error) {
	if !k.Write {
		if kept := c.bodies[k.Name]; kept != nil {
			return kept, nil
		}
		i, n = 0, k.variants()
	}
	bodies := make([][]byte, n)
	for j := range bodies {
		var err error
		if bodies[j], err = c.body(k, k.vars(s, i+j)); err != nil {
			return nil, err
		}
	}
	if !k.Write {
		c.bodies[k.Name] = bodies
	}
	return bodies, nil
}

// ask sends one request and appends the answer to buf.
func (c *client) ask(k *Case, body, buf []byte) ([]byte, error) {
	req, err := http.NewRequest(http.MethodPost, c.url(k), bytes.NewReader(body))
	if err != nil {
		return buf, err
	}
	return c.send(req, c.key, buf)
}

// send makes one request with a JSON body.
func (c *client) send(req *http.Request, key string, buf []byte) ([]byte, error) {
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return buf, err
	}
	defer res.Body.Close()
	into := bytes.NewBuffer(buf)
	if _, err := io.Copy(into, res.Body); err != nil {
		return buf, err
	}
	if res.StatusCode != http.StatusOK {
		return buf, fmt.Errorf("bench: %s answered %s: %.500s", req.URL, res.Status, into.Bytes()[len(buf):])
	}
	return into.Bytes(), nil
}

// many asks n times in all, on so many connections at once. took, when not nil,
// gets how long each request lasted.
func (c *client) many(k *Case, bodies [][]byte, n, connections int, took []time.Duration) error {
	errs := make([]error, connections)
	var all sync.WaitGroup
	for w := range connections {
		all.Go(func() {
			var buf []byte
			for i := w; i < n && errs[w] == nil; i += connections {
				begun := time.Now()
				buf, errs[w] = c.ask(k, bodies[i%len(bodies)], buf[:0])
				if took != nil {
					took[i] = time.Since(begun)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
