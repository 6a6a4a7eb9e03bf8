-- The signed ledger: movements of sales feeds, reports of stock feeds. Nothing in it is updated: a correction is the old
-- line with sign -1 and the new one with +1, so that every number is a plain sum over it.
--
-- Columns named *_wire are not stored. They are how a row crosses the network: the client appends plain integers and
-- strings by whole columns, and the server makes a date, an enum or a dictionary of them. Columns named *_less_* hold the
-- difference to a neighbour that is nearly always equal, and so next to nothing.
--
-- By year, not by month: one insert of a ten-year backfill makes ten parts and ten entries of the deduplication window,
-- where months would make 120 and be refused (at most 100 partitions in an insert).
--
-- A slice (a document, or a location's business day) is one range of the primary key. Within it rows lie by time and
-- document rather than by line, which is a hash: neighbours are then alike and compress, and a slice is read whole.
{{range .Ledgers}}
{{template "ledger" .}}
{{end}}
