package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// profile takes a CPU profile of the loaded process.
func profile(ctx context.Context, s *system, path string, seconds int) error {
	b, err := s.get(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds))
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
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
