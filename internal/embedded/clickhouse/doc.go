// Package clickhouse runs the real ClickHouse as a child process, for a first start without any installation.
//
// It promises: the server listens on the loopback address only; two processes never share a data directory; a
// crashed server comes back at the same address; when this process ends, however it ends, the server ends too; and
// what a server acknowledged with fsync survives all of that. Fetch gets the engine once, checked against a pinned
// hash. It leaves schema, queries and durability settings to whoever connects.
//
// The engine is either a `clickhouse` binary (FindBinary) or libchdb.so, which is the same server as a library. A
// library needs a process of its own: it takes over signals, threads and memory, and a crash in it must not take the
// program down. So the program starts itself again with a hidden subcommand, which calls Child.
//
// Things that are not obvious:
//
//   - The library runs as `clickhouse local`, which opens its ports because the first query tells it to. That query
//     is sent by the user `default` from 127.0.0.1 without a password, which can't be changed. So `default` has no
//     rights but those of that query, and a quota of three statements, used up at the start.
//   - `clickhouse local` ends its process when a native connection fails to log in, names a database that does not
//     exist, or sends garbage first. So a gate stands before the native port: it reads the client's first packet, has
//     the login checked over HTTP, where a failure is harmless, and passes bytes on from then on.
//   - `clickhouse local` reads no users but those of the file, no custom settings (SQL_…), and reloads neither; a
//     changed user needs a restart. System log tables don't exist.
//   - The database `default` is an overlay with the file system; tables in it work, but use another database.
//   - A Go client with a context deadline sends max_execution_time (deadline + 5 s), which a plain readonly=1
//     would refuse; the reader's profile lets exactly that setting change, up to a limit.
package clickhouse
