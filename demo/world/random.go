package world

import (
	"math"
	"math/rand/v2"
)

// hash folds numbers into one, by the finalizer of SplitMix64 after each.
func hash(parts ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h ^= p
		h += 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// Dice is chance that depends on the seed and what it is thrown for, and on nothing that was thrown before.
func Dice(parts ...uint64) *rand.Rand {
	h := hash(parts...)
	return rand.New(rand.NewPCG(h, hash(h)))
}

// share is a number from 0 to 1 that the parts decide.
func share(parts ...uint64) float64 { return float64(hash(parts...)>>11) / (1 << 53) }

// count draws from the negative binomial distribution with a mean and a shape k: a Poisson count whose rate is itself
// uncertain. Its variance is mean + mean²/k.
func count(r *rand.Rand, mean, k float64) int {
	if mean <= 0 {
		return 0
	}
	q := mean / (k + mean)
	p := math.Pow(1-q, k)
	u := r.Float64()
	n := 0
	for sum := p; u > sum && n < 10_000; sum += p {
		p *= (float64(n) + k) / float64(n+1) * q
		n++
	}
	return n
}
