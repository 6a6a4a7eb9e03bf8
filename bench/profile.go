package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// profile takes CPU profiles of the loaded process, one after another, until the load is over, and puts them together.
// The one that the end cuts off is left out, unless it is the only one.
func profile(loaded context.Context, s *system, path string) error {
	ctx := context.WithoutCancel(loaded)
	args := []string{"tool", "pprof", "-proto", "-output=" + path}
	for i := 0; loaded.Err() == nil; i++ {
		asked := loaded
		if i == 0 {
			asked = ctx
		}
		b, err := s.get(asked, "/debug/pprof/profile?seconds=2")
		if loaded.Err() != nil && i > 0 {
			break
		}
		part := filepath.Join(s.dir, fmt.Sprintf("cpu.%d", i))
		if err == nil {
			err = os.WriteFile(part, b, 0o600)
		}
		if err != nil {
			return err
		}
		args = append(args, part)
	}
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// stages are parts of the process, by the functions on their stacks. A stack counts for the first that it matches.
var stages = []struct{ name, focus string }{
	{"garbage collection", `runtime\.gcBgMarkWorker|runtime\.bgsweep|runtime\.bgscavenge`},
	{"embedded Kafka", `twmb/franz-go|embedded/broker`},
	{"transform and insert", `sellthrough/transform|sellthrough/sinks`},
	{"collect", `sellthrough/ingest|net/http`},
	{"Kafka client", `segmentio/kafka-go|internal/bus`},
}

var accounting = regexp.MustCompile(`Showing nodes accounting for [^,]+, +([0-9.]+)% of`)

// shares says how much of the process's CPU each stage takes, in hundredths, by the profile; nil where the tool can't say.
func shares(ctx context.Context, binary, path string) []float64 {
	out, before := make([]float64, len(stages)), []string{}
	for i, st := range stages {
		args := []string{"tool", "pprof", "-top", "-nodefraction=0", "-edgefraction=0", "-nodecount=1000000", "-focus=" + st.focus}
		if len(before) > 0 {
			args = append(args, "-ignore="+strings.Join(before, "|"))
		}
		text, err := exec.CommandContext(ctx, "go", append(args, binary, path)...).Output()
		if err != nil {
			return nil
		}
		before = append(before, st.focus)
		if m := accounting.FindSubmatch(text); m != nil {
			out[i], _ = strconv.ParseFloat(string(m[1]), 64)
		}
	}
	return out
}
