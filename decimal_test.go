package sellthrough

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestDecimalsAreReadExactly(t *testing.T) {
	ok := func(in string, want Decimal) {
		t.Helper()
		if got, err := ParseDecimal(in); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", in, got, err, want)
		}
	}
	bad := func(in string, want error) {
		t.Helper()
		if got, err := ParseDecimal(in); !errors.Is(err, want) {
			t.Errorf("%q is %d, %v; want %v", in, got, err, want)
		}
	}
	ok("0", 0)
	ok("12.5", 12_500_000)
	ok("-0.000001", -1)
	ok("+7", 7_000_000)
	ok(".5", 500_000)
	ok("1.2500000", 1_250_000) // zeros behind the sixth place say nothing
	ok("9223372036854.775807", 1<<63-1)
	bad("9223372036854.775808", ErrDecimalOverflow)
	bad("99999999999999999999", ErrDecimalOverflow)
	bad("1.2345678", ErrDecimalDigits)
	bad("", ErrDecimalSyntax)
	bad("-", ErrDecimalSyntax)
	bad(".", ErrDecimalSyntax)
	bad("1e3", ErrDecimalSyntax)
	bad("1,000", ErrDecimalSyntax)
	bad("NaN", ErrDecimalSyntax)
}

func TestProductsAreRoundedHalfAwayFromZero(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		a, b := Decimal(r.Int64()>>r.IntN(60)), Decimal(r.Int64()>>r.IntN(60))
		if r.IntN(2) == 0 {
			a = -a
		}
		exact := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(b)))
		half := big.NewInt(int64(One) / 2)
		if exact.Sign() < 0 {
			half.Neg(half)
		}
		want := new(big.Int).Quo(exact.Add(exact, half), big.NewInt(int64(One)))
		got, err := a.Mul(b)
		if err != nil {
			if want.CmpAbs(big.NewInt(1<<63-1)) <= 0 {
				t.Fatalf("%s × %s: %v, but it is %s millionths", a, b, err, want)
			}
			continue
		}
		if big.NewInt(int64(got)).Cmp(want) != 0 {
			t.Fatalf("%s × %s is %s, want %s millionths", a, b, got, want)
		}
	}
}

func FuzzDecimalReadsBackTheSame(f *testing.F) {
	f.Add("12.5")
	f.Add("-0.000001")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		if err != nil {
			return
		}
		if again, err := ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%q is %d, written %q, read %d, %v", s, d, d.String(), again, err)
		}
	})
}

func TestASumThatOverflowsIsAnError(t *testing.T) {
	if _, err := Decimal(1<<63 - 1).Add(1); err == nil {
		t.Error("no error")
	}
	if d, err := Decimal(5).Add(-7); err != nil || d != -2 {
		t.Error(d, err)
	}
	if d, err := Decimal(5).Add(0); err != nil || d != 5 {
		t.Error(d, err)
	}
}
