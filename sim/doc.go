// Package sim runs the road as it is in production, ingest → log → transform → ledger, in a time of its own, between models
// of the engines that do what engines do on bad days: they lose requests and answers, answer twice, reorder, stall, crash
// in the middle of an insert, forget tokens, and are restored from yesterday's backup; processes die, are held and wake
// up, lose their partitions and come back; reference data changes in between. Whatever happens, the ledger must come to
// what the accepted files come to, told in the plainest way, and the books must balance.
//
// It is all tests. A run is a function of its seed: go test ./sim -seed N -tell plays it again and says what happens.
//
// How it works: whenever code of the road asks an engine for something, the question is parked (stage.ask). When nothing
// moves any more, the seed decides which question is answered next, and how, or what goes wrong meanwhile. So there is one
// order of things, and it is chosen. Read stage, then broker and server (the engines), then world (who plays, and what goes
// wrong), then kinds and oracle (what has to come out).
//
// TestEachRuleIsNeeded takes the rules of the protocol out of the program, one at a time, and has the simulation find it.
package sim
