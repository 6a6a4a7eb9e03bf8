// Package independent holds only tests: every number of the channel is computed once more, in plain Go over what happened and
// over the files of the reference folder, and has to be equal to the last digit on the whole demo channel. No view, no SQL and
// none of the program's own arithmetic is shared.
package independent
