package alerts_test

import (
	"testing"

	"sellthrough/internal/embedded/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }
