package redis

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/inshore-dev/inshore/addons/internal/native"
)

// dumpFile holds the keys of our own server, one JSON object a line.
const dumpFile = "keys.jsonl"

// databases is the number of databases a server has.
const databases = 16

// chunk is how many arguments go into one command of a dump.
const chunk = 512

// dumpedKey is one line of a dump: the commands that make the key again. They
// mean the same to every server, so a dump can move to another one.
type dumpedKey struct {
	DB      int        `json:"db"`
	Key     []byte     `json:"key"`
	Run     [][][]byte `json:"run"`
	Expires int64      `json:"expires,omitempty"` // Unix time in milliseconds; 0 is never
}

func (d *dumpedKey) add(words ...string) {
	command := make([][]byte, len(words))
	for i, word := range words {
		command[i] = []byte(word)
	}
	d.Run = append(d.Run, command)
}

// saveDump writes all keys of the server to a file, atomically.
func saveDump(ctx context.Context, c *client, file string) error {
	return native.Replace(file, func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		out := json.NewEncoder(buffered)
		for db := range databases {
			if err := dumpDatabase(ctx, c, db, out); err != nil {
				return fmt.Errorf("save keys: %w", err)
			}
		}
		return buffered.Flush()
	})
}

func dumpDatabase(ctx context.Context, c *client, db int, out *json.Encoder) error {
	if _, err := c.do(ctx, "SELECT", strconv.Itoa(db)); err != nil {
		return err
	}
	cursor := "0"
	for {
		reply, err := c.do(ctx, "SCAN", cursor, "COUNT", "500")
		if err != nil {
			return err
		}
		page, ok := reply.([]any)
		if !ok || len(page) != 2 {
			return errors.New("SCAN gave something else than a page")
		}
		if err := dumpKeys(ctx, c, db, texts(page[1]), out); err != nil {
			return err
		}
		if cursor = fmt.Sprint(page[0]); cursor == "0" {
			return nil
		}
	}
}

// dumpKeys writes the keys of a page.
func dumpKeys(ctx context.Context, c *client, db int, keys []string, out *json.Encoder) error {
	for _, key := range keys {
		line, err := dumpKey(ctx, c, key)
		if err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		if line.DB = db; len(line.Run) > 0 {
			if err := out.Encode(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// dumpKey reads one key. A key that has gone in between has no commands.
func dumpKey(ctx context.Context, c *client, key string) (dumpedKey, error) {
	line := dumpedKey{Key: []byte(key)}
	kind, err := c.text(ctx, "TYPE", key)
	if err != nil {
		return line, err
	}
	switch kind {
	case "string":
		reply, err := c.do(ctx, "GET", key)
		if value, ok := reply.(string); ok {
			line.add("SET", key, value)
		}
		if err != nil {
			return line, err
		}
	case "list":
		err = dumpMany(ctx, c, &line, []string{"RPUSH", key}, "LRANGE", key, "0", "-1")
	case "set":
		err = dumpMany(ctx, c, &line, []string{"SADD", key}, "SMEMBERS", key)
	case "hash":
		err = dumpMany(ctx, c, &line, []string{"HSET", key}, "HGETALL", key)
	case "zset":
		err = dumpSorted(ctx, c, &line, key)
	case "stream":
		err = dumpStream(ctx, c, &line, key)
	}
	if err != nil || len(line.Run) == 0 {
		return line, err
	}
	reply, err := c.do(ctx, "PTTL", key)
	switch ttl, _ := reply.(int64); {
	case ttl == -2:
		line.Run = nil // it has expired while it was read
	case ttl >= 0:
		line.Expires = time.Now().UnixMilli() + ttl
	}
	return line, err
}

// dumpMany puts what a command gives behind the words of another.
func dumpMany(ctx context.Context, c *client, line *dumpedKey, words []string, ask ...string) error {
	reply, err := c.do(ctx, ask...)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(texts(reply), chunk) {
		line.add(slices.Concat(words, part)...)
	}
	return nil
}

// dumpSorted turns member and score around.
func dumpSorted(ctx context.Context, c *client, line *dumpedKey, key string) error {
	reply, err := c.do(ctx, "ZRANGE", key, "0", "-1", "WITHSCORES")
	if err != nil {
		return err
	}
	pairs := texts(reply)
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i], pairs[i+1] = pairs[i+1], pairs[i]
	}
	for part := range slices.Chunk(pairs, chunk) {
		line.add(slices.Concat([]string{"ZADD", key}, part)...)
	}
	return nil
}

// dumpStream keeps entries and groups; what was delivered but not acknowledged
// counts as delivered.
func dumpStream(ctx context.Context, c *client, line *dumpedKey, key string) error {
	reply, err := c.do(ctx, "XRANGE", key, "-", "+")
	if err != nil {
		return err
	}
	entries, _ := reply.([]any)
	for _, entry := range entries {
		if pair, ok := entry.([]any); ok && len(pair) == 2 {
			line.add(slices.Concat([]string{"XADD", key, fmt.Sprint(pair[0])}, texts(pair[1]))...)
		}
	}
	reply, err = c.do(ctx, "XINFO", "GROUPS", key)
	if err != nil {
		return err
	}
	groups, _ := reply.([]any)
	for _, group := range groups {
		fields := texts(group)
		name, last := after(fields, "name"), after(fields, "last-delivered-id")
		if name != "" && last != "" {
			line.add("XGROUP", "CREATE", key, name, last, "MKSTREAM")
		}
	}
	return nil
}

// texts are the items of a list reply as strings.
func texts(reply any) []string {
	list, _ := reply.([]any)
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = fmt.Sprint(item)
	}
	return out
}

// after is the item that follows a name.
func after(items []string, name string) string {
	if i := slices.Index(items, name); i >= 0 && i+1 < len(items) {
		return items[i+1]
	}
	return ""
}

// loadDump makes the keys of a file in the server, apart from those that have
// expired. No file is no keys.
func loadDump(ctx context.Context, c *client, file string) error {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	in := json.NewDecoder(bufio.NewReader(f))
	current := -1
	for in.More() {
		var line dumpedKey
		if err := in.Decode(&line); err != nil {
			return fmt.Errorf("load keys: %w", err)
		}
		if line.DB != current {
			if _, err := c.do(ctx, "SELECT", strconv.Itoa(line.DB)); err != nil {
				return fmt.Errorf("load keys: %w", err)
			}
			current = line.DB
		}
		if err := loadKey(ctx, c, line); err != nil {
			return fmt.Errorf("load key %q: %w", line.Key, err)
		}
	}
	return nil
}

func loadKey(ctx context.Context, c *client, line dumpedKey) error {
	if line.Expires > 0 && line.Expires <= time.Now().UnixMilli() {
		return nil
	}
	if _, err := c.do(ctx, "DEL", string(line.Key)); err != nil {
		return err
	}
	for _, command := range line.Run {
		words := make([]string, len(command))
		for i, word := range command {
			words[i] = string(word)
		}
		if _, err := c.do(ctx, words...); err != nil {
			return err
		}
	}
	if line.Expires == 0 {
		return nil
	}
	_, err := c.do(ctx, "PEXPIREAT", string(line.Key), strconv.FormatInt(line.Expires, 10))
	return err
}
