package world

import (
	"time"

	"sellthrough"
)

// Festival is a span of days in which the channel sells otherwise.
type Festival struct {
	Name     string
	Year     int
	From, To sellthrough.Day
}

// springs is the first day of the lunar year, from 2022 on.
var springs = []string{
	"2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
	"2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08", "2036-01-28", "2037-02-15", "2038-02-04", "2039-01-24", "2040-02-12",
}

// FirstYear and LastYear bound the calendar.
const (
	FirstYear = 2022
	LastYear  = 2040
)

func day(year int, month time.Month, d int) sellthrough.Day {
	return sellthrough.DayOf(time.Date(year, month, d, 0, 0, 0, 0, time.UTC))
}

// spring is the first day of the lunar year.
func spring(year int) sellthrough.Day {
	d, err := sellthrough.ParseDay(springs[min(max(year, FirstYear), LastYear)-FirstYear])
	if err != nil {
		panic(err) // the table above
	}
	return d
}

// Festivals of a year.
func Festivals(year int) []Festival {
	s := spring(year)
	black := day(year, time.November, 1)
	for fridays := 0; ; black++ {
		if black.Time().Weekday() == time.Friday {
			if fridays++; fridays == 4 {
				break
			}
		}
	}
	return []Festival{
		{"spring-festival", year, s - 1, s + 6},
		{"618", year, day(year, time.June, 1), day(year, time.June, 20)},
		{"national-day", year, day(year, time.October, 1), day(year, time.October, 7)},
		{"double-11", year, day(year, time.November, 1), day(year, time.November, 11)},
		{"black-friday", year, black - 4, black + 3},
		{"christmas", year, day(year, time.December, 1), day(year, time.December, 24)},
	}
}

// season is how a line sells over the months, January first; the mean is about 1.
var season = map[string][12]float64{
	"Notebooks":   {0.95, 0.80, 0.95, 0.92, 0.95, 1.05, 1.10, 1.28, 1.18, 0.95, 1.00, 0.97},
	"Displays":    {0.96, 0.85, 1.00, 0.97, 0.96, 1.02, 0.98, 1.05, 1.05, 0.98, 1.06, 1.02},
	"Printers":    {1.02, 0.90, 1.12, 1.02, 0.98, 0.95, 0.90, 1.05, 1.14, 0.98, 0.98, 0.96},
	"Networking":  {0.98, 0.92, 1.00, 1.00, 0.98, 1.02, 1.00, 1.02, 1.02, 1.00, 1.04, 1.02},
	"Accessories": {1.02, 0.92, 0.96, 0.96, 0.97, 1.04, 1.00, 1.05, 1.02, 0.98, 1.04, 1.04},
}

// weekdays is how a trade sells over the week, Sunday first.
var weekdays = map[Trade][7]float64{
	Wholesale: {0.02, 1.32, 1.22, 1.18, 1.15, 1.06, 0.05},
	Dealer:    {0.55, 1.15, 1.10, 1.08, 1.10, 1.12, 0.90},
	Store:     {1.48, 0.78, 0.76, 0.78, 0.84, 1.00, 1.36},
	Shop:      {0.00, 0.95, 0.98, 1.00, 1.08, 1.30, 1.69}, // closed on Sundays
	Office:    {0.00, 1.14, 1.18, 1.20, 1.22, 1.18, 0.08},
	Online:    {1.12, 1.06, 0.98, 0.96, 0.94, 0.92, 1.02},
}

// climate is the factor of a location's day, without its line: weekday, festivals, growth.
func (w *World) climate(l *Location, p *Partner, d sellthrough.Day) float64 {
	t := d.Time()
	f := weekdays[p.Trade][t.Weekday()] * (1 + 0.08*float64(d-w.origin)/365)
	y, m, n := t.Year(), t.Month(), t.Day()
	if l.Country == "CN" {
		return f * chinese(p.Trade, d, y, m, n)
	}
	if l.Country == "SG" {
		if m == time.November && n == 11 {
			f *= 2
		}
		return f
	}
	switch {
	case m == time.December && (n == 25 || n == 26) && p.Trade != Online:
		return 0
	case m == time.December && n <= 23:
		f *= 1.35
	}
	for _, x := range Festivals(y) {
		if x.Name == "black-friday" && d >= x.From && d <= x.To {
			f *= map[Trade]float64{Online: 2.4, Shop: 1.7, Store: 1.7}[p.Trade] + map[Trade]float64{Wholesale: 1.1, Dealer: 1.2}[p.Trade]
		}
	}
	return f
}

// chinese is the factor of the festivals of China.
func chinese(t Trade, d sellthrough.Day, y int, m time.Month, n int) float64 {
	online, store, trade := 1.0, 1.0, 1.0
	switch s := d - spring(y); {
	case s >= -1 && s <= 6:
		online, store, trade = 0.45, 0.40, 0
	case s >= -24 && s < -1:
		online, store, trade = 1.15, 1.30, 1.12
	case s > 6 && s <= 14:
		online, store, trade = 0.85, 0.80, 0.60
	}
	switch {
	case m == time.June && (n <= 3 || n >= 16 && n <= 18):
		online, store = online*2.9, store*1.6
	case m == time.June && n <= 20:
		online, store = online*1.5, store*1.2
	case m == time.June:
		online *= 0.8
	case m == time.May && n >= 24:
		online, trade = online*0.75, trade*1.25 // the trade fills its shelves
	case m == time.October && n <= 7:
		online, store, trade = online*1.15, store*1.75, trade*0.08
	case m == time.October && n >= 22:
		online, trade = online*0.75, trade*1.25
	case m == time.November && n == 11:
		online, store = online*4.2, store*1.9
	case m == time.November && (n <= 3 || n >= 9 && n <= 12):
		online, store = online*2.3, store*1.4
	case m == time.November && n > 12 && n <= 22:
		online *= 0.75
	}
	switch t {
	case Online:
		return online
	case Wholesale:
		return trade
	case Dealer, Office:
		return (store + trade) / 2
	}
	return store
}
