package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
)

// BenchmarkAppend is what an append costs this process and the server's, without the disk: go test -run - -bench Append ./internal/store/postgres
func BenchmarkAppend(b *testing.B) {
	address, err := pgtest.Shared(b).Database()
	if err != nil {
		b.Fatal(err)
	}
	e, err := postgres.Open(b.Context(), postgres.Options{URL: address})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	conv := chat.NewConversationID(time.Now())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := e.Commit(b.Context(), relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{says(fmt.Sprint(i), "Waar is mijn pakket? Ik heb het vorige week besteld.")}})
		if err != nil {
			b.Fatal(err)
		}
	}
}
