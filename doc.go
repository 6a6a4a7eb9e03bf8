// Package sellthrough holds the nouns of the system: what a partner reports, what crosses Kafka and what the
// ledger keeps. Every other package speaks in these words and adds none of its own for the same thing.
//
// Data passes by value down one road:
//
//	Line → Block → (Kafka) → Movements and StockRows → ClickHouse
//
// The package uses the standard library alone, performs no I/O and reads no clock.
package sellthrough
