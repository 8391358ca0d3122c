package chat

import "context"

// Log is the record of all conversations. An engine implements it; see internal/store/storetest for the specification.
type Log interface {
	// Append adds drafts to the end of the conversation, all or none, and returns them as events, durable. If at is not Any
	// and the conversation is not exactly at that position, Append changes nothing and returns a fault.Conflict: somebody
	// spoke first. A draft whose Key is already in the conversation is not added again; the earlier event is returned in
	// its place, and if every draft is such a repeat the position is not looked at. The same key with another body, or
	// from another party, is a fault.IDConflict and nothing is added. A conversation begins with its first event.
	Append(ctx context.Context, conv ConversationID, at Seq, drafts ...Draft) ([]Event, error)

	// Read returns at most max events after the given position, in order. None is not an error, nor is a conversation
	// that does not exist, nor a position beyond the end.
	Read(ctx context.Context, conv ConversationID, after Seq, max int) ([]Event, error)

	// Conversation returns the folded state. A conversation without events is a fault.NotFound.
	Conversation(ctx context.Context, conv ConversationID) (Conversation, error)
}
