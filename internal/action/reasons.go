package action

// The ledger's own reasons to refuse an act, or to end it, beside the order system's.
const (
	LevelTooLow   Reason = "level_too_low" // not sure enough who the customer is
	OverLimit     Reason = "over_limit"    // beyond what the bot, or this person, may do
	Declined      Reason = "declined"      // a second person said no
	NoPress       Reason = "no_press"      // no customer pressed a button of a card that shows this very act
	NotProposed   Reason = "not_proposed"
	HashMismatch  Reason = "hash_mismatch" // what was confirmed is not what was proposed
	WrongCustomer Reason = "wrong_customer"
	TooLate       Reason = "expired"
	NotReached    Reason = "unavailable"    // the order system could not be reached; nothing was sent
	NeverHappened Reason = "never_happened" // it was sent, and the order system says it never got it
	ChangedSince  Reason = "changed_since"  // what should be taken back was changed again after it
	NotUndoable   Reason = "not_undoable"
	NoAnswer      Reason = "no_answer"     // sent, and no believable answer came
	StrangeReply  Reason = "strange_reply" // the answer was about something else
)
