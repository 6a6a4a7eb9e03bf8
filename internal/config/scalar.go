package config

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

var variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	switch p := v.Addr().Interface().(type) {
	case *Secret:
		*p = Secret(d.expand(n, path, true))
	case *Address:
		*p = Address(strings.TrimSpace(d.expand(n, path, false)))
	case *KeyHash:
		*p = KeyHash(strings.TrimSpace(d.expand(n, path, false)))
	case *PasswordHash:
		*p = PasswordHash(strings.TrimSpace(d.expand(n, path, false)))
	case *Size:
		size, err := ParseSize(n.Value)
		if err != nil {
			d.fault(n.Line, "%s: %v", path, err)
			return // the default stays, so that one mistake is one fault
		}
		*p = size
	case *Percent:
		share, err := ParsePercent(n.Value)
		if err != nil {
			d.fault(n.Line, "%s: %v", path, err)
			return // the default stays, so that one mistake is one fault
		}
		*p = share
	case *time.Duration:
		dur, err := ParseDuration(n.Value)
		if err != nil {
			d.fault(n.Line, "%s: %v", path, err)
			return // the default stays, so that one mistake is one fault
		}
		*p = dur
	default:
		switch v.Kind() {
		case reflect.String:
			d.noVariable(n, path)
			v.SetString(n.Value)
		case reflect.Bool:
			if n.Value != "true" && n.Value != "false" {
				d.fault(n.Line, "%s: %q is neither true nor false", path, n.Value)
			}
			v.SetBool(n.Value == "true")
		case reflect.Int:
			i, err := strconv.Atoi(strings.ReplaceAll(n.Value, "_", ""))
			if err != nil {
				d.fault(n.Line, "%s: %q is not a whole number; write it in digits, like 1000", path, n.Value)
			}
			v.SetInt(int64(i))
		default:
			panic("config: no decoding for " + v.Type().String())
		}
	}
}

// expand reads ${NAME} from the environment. A secret has to be written so; anything else may be.
func (d *decoder) expand(n *yaml.Node, path string, must bool) string {
	m := variable.FindStringSubmatch(n.Value)
	if m == nil {
		if must && n.Value != "" {
			d.fault(n.Line, "%s is written out in the file; write ${NAME} and put the secret into the environment variable NAME", path)
		}
		return n.Value
	}
	value, ok := d.env(m[1])
	if !ok {
		d.fault(n.Line, "%s: the environment variable %s is not set; set it before the start", path, m[1])
	}
	return value
}

func (d *decoder) noVariable(n *yaml.Node, path string) {
	if variable.MatchString(n.Value) {
		d.fault(n.Line, "%s: %s is not read from the environment here; only passwords and keys are, so write the value itself", path, n.Value)
	}
}

// units of a Size, the longer names first.
var units = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"kB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// ParseSize reads bytes: 512MiB, 1.5GiB, 64kB, 1000B or a plain number of bytes.
func ParseSize(s string) (Size, error) {
	digits, factor := s, 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			digits, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(f >= 0) || f*factor >= math.MaxInt64 || strings.ContainsAny(digits, "xXpPeE") {
		return 0, fmt.Errorf("%q is not a size; write it like 512MiB", s)
	}
	return Size(f * factor), nil
}

// String writes s in the largest unit that divides it.
func (s Size) String() string {
	for i := 3; i >= 0; i-- {
		if u := Size(units[i].bytes); s != 0 && s%u == 0 {
			return strconv.FormatInt(int64(s/u), 10) + units[i].name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// ParsePercent reads a share: 20% is 0.2.
func ParsePercent(s string) (Percent, error) {
	digits, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%q is not a share; write it like 20%%", s)
	}
	return Percent(f / 100), nil
}

var days = regexp.MustCompile(`^(\d{1,5})d(.*)$`)

// ParseDuration reads a time span as time.ParseDuration does, with days of 24 hours in front: 90d, 1d12h, 5s.
func ParseDuration(s string) (time.Duration, error) {
	rest, whole := s, time.Duration(0)
	if m := days.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		whole, rest = time.Duration(n)*24*time.Hour, m[2]
		if rest == "" {
			return whole, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a time span; write it like 5s, 10m, 2h or 90d", s)
	}
	return whole + d, nil
}

const hidden = "***"

// String hides the secret; string(s) is the secret itself.
func (s Secret) String() string { return hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return hidden }

// MarshalText hides the secret, in JSON too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalYAML hides the secret.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// HashKey is what the configuration holds of an API key.
func HashKey(key string) KeyHash {
	sum := sha256.Sum256([]byte(key))
	return KeyHash("sha256:" + hex.EncodeToString(sum[:]))
}

// Match asks whether k is the hash of key, in a time that does not tell how much of it fits.
func (k KeyHash) Match(key string) bool {
	return subtle.ConstantTimeCompare([]byte(k), []byte(HashKey(key))) == 1
}
