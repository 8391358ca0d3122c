package action

import (
	"maps"
	"testing"

	"balie/internal/chat"
	"balie/internal/fault"
)

func TestLimitsThatWouldDoSomethingElseAreRefused(t *testing.T) {
	if err := DefaultLimits().Check(); err != nil {
		t.Fatalf("the house's own: %v", err)
	}
	for name, spoil := range map[string]func(*Limits){
		"an unknown act":             func(l *Limits) { l.Roles[chat.RoleBot]["give_away"] = Limit{} },
		"an unknown role":            func(l *Limits) { l.Roles["king"] = map[WriteKind]Limit{"*": {}} },
		"less than nothing":          func(l *Limits) { l.Roles[chat.RoleAgent]["*"] = Limit{PerAct: -1} },
		"more than anybody means":    func(l *Limits) { l.Roles[chat.RoleAgent]["*"] = Limit{PerAct: maxLimit + 1} },
		"a held back withdrawal":     func(l *Limits) { l.Roles[chat.RoleBot][Withdraw] = Limit{PerAct: 1} },
		"a forgotten withdrawal":     func(l *Limits) { delete(l.Roles[chat.RoleBot], Withdraw) },
		"a role without a rule":      func(l *Limits) { delete(l.Roles[chat.RoleAgent], "*") },
		"a missing role":             func(l *Limits) { delete(l.Roles, roleSecond) },
		"no proof at all":            func(l *Limits) { l.Needs["*"] = chat.LevelAnonymous },
		"no proof to an agent":       func(l *Limits) { l.AgentNeeds = "" },
		"an undo of a hundred years": func(l *Limits) { l.UndoMinutes[ReturnItems] = 60 * 24 * 36500 },
		"a count below nothing":      func(l *Limits) { l.Roles[chat.RoleBot]["*"] = Limit{Acts: -3} },
	} {
		l := DefaultLimits()
		spoil(&l)
		if err := l.Check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l := DefaultLimits()
	l.Roles[chat.RoleAgent] = maps.Clone(l.Roles[chat.RoleAgent])
	l.Roles[chat.RoleAgent][ReturnItems] = Limit{PerAct: 5000, Acts: 3}
	if err := l.Check(); err != nil {
		t.Errorf("a limit for one act: %v", err)
	}
}
