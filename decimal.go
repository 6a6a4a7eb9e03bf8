package sellthrough

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
)

// Decimal is an exact number in millionths: 12.5 is Decimal(12_500_000). It holds quantities in base units and
// money in units of its currency, within ±9,223,372,036,854.775807. No float64 stands between a partner's digits
// and a stored Decimal.
type Decimal int64

// One is the Decimal 1.
const One Decimal = 1_000_000

// Errors of decimal arithmetic. Both are the data's fault: the line that causes one is refused.
var (
	ErrDecimalSyntax   = errors.New("not a number")
	ErrDecimalDigits   = errors.New("more than 6 decimal places")
	ErrDecimalOverflow = errors.New("number too large (the limit is ±9,223,372,036,854.775807)")
)

// ParseDecimal reads a plain number: an optional sign, digits, an optional point with further digits. Grouping,
// exponents and other conventions belong to the mapping, which brings a cell into this form first.
func ParseDecimal[T ~string | ~[]byte](s T) (Decimal, error) {
	i, n := 0, len(s)
	neg := false
	if i < n && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	var whole uint64
	digits := 0
	for ; i < n && s[i] >= '0' && s[i] <= '9'; i++ {
		if whole > (math.MaxInt64/10)/uint64(One) {
			return 0, ErrDecimalOverflow
		}
		whole = whole*10 + uint64(s[i]-'0')
		digits++
	}
	var frac uint64
	places := 0
	if i < n && s[i] == '.' {
		i++
		for ; i < n && s[i] >= '0' && s[i] <= '9'; i++ {
			digits++
			if places == 6 {
				if s[i] != '0' {
					return 0, ErrDecimalDigits
				}
				continue
			}
			frac = frac*10 + uint64(s[i]-'0')
			places++
		}
	}
	if i != n || digits == 0 {
		return 0, ErrDecimalSyntax
	}
	for ; places < 6; places++ {
		frac *= 10
	}
	hi, v := bits.Mul64(whole, uint64(One))
	v, carry := bits.Add64(v, frac, 0)
	if hi+carry != 0 || v > math.MaxInt64 {
		return 0, ErrDecimalOverflow
	}
	if neg {
		return -Decimal(v), nil
	}
	return Decimal(v), nil
}

// String writes d without superfluous zeros: "12.5", "-3", "0.000001".
func (d Decimal) String() string { return string(d.Append(nil)) }

// Append writes d as String does onto b.
func (d Decimal) Append(b []byte) []byte {
	u := uint64(d)
	if d < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/uint64(One), 10)
	f := u % uint64(One)
	if f == 0 {
		return b
	}
	b = append(b, '.')
	for scale := uint64(One) / 10; f != 0; scale /= 10 {
		b = append(b, byte('0'+f/scale))
		f %= scale
	}
	return b
}

// Mul gives d × e rounded half away from zero at the sixth decimal place.
func (d Decimal) Mul(e Decimal) (Decimal, error) {
	neg := (d < 0) != (e < 0)
	hi, lo := bits.Mul64(abs(d), abs(e))
	if hi >= uint64(One) {
		return 0, ErrDecimalOverflow
	}
	q, r := bits.Div64(hi, lo, uint64(One))
	if r >= uint64(One)/2 {
		q++
	}
	if q > math.MaxInt64 {
		return 0, ErrDecimalOverflow
	}
	if neg {
		return -Decimal(q), nil
	}
	return Decimal(q), nil
}

// Add gives d + e.
func (d Decimal) Add(e Decimal) (Decimal, error) {
	s := d + e
	if (s > d) != (e > 0) && e != 0 {
		return 0, ErrDecimalOverflow
	}
	return s, nil
}

func abs(d Decimal) uint64 {
	if d < 0 {
		return -uint64(d)
	}
	return uint64(d)
}
