package action

import (
	"maps"
	"slices"

	"balie/internal/chat"
	"balie/internal/fault"
)

// LimitsID is the one document of the limits of authority.
const LimitsID = "limits"

// Kinds are all acts there are, in order of name: what a table of limits may name beside "*".
func Kinds() []WriteKind { return slices.Sorted(maps.Keys(shapes)) }

// LimitRoles are the roles that have limits, the one with the least authority first.
var LimitRoles = []chat.Role{chat.RoleBot, chat.RoleAgent, roleSecond}

// What nobody sets on purpose.
const (
	maxLimit = Money(1_000_000_00) // of money
	maxUndo  = 90 * 24 * 60        // minutes
)

// Check refuses limits that would do something else than they say: unknown names, amounts below nothing, a role that may do nothing, a
// withdrawal that is held back. That one is the customer's by law.
func (l Limits) Check() error {
	for k, v := range l.Needs {
		if !known(k) || v != chat.LevelOrder && v != chat.LevelCode && v != chat.LevelSignedIn {
			return fault.Newf(fault.Invalid, "Say for %s which proof it needs: order, code or signed_in.", k)
		}
	}
	if l.AgentNeeds != chat.LevelOrder && l.AgentNeeds != chat.LevelCode && l.AgentNeeds != chat.LevelSignedIn {
		return fault.New(fault.Invalid, "Say how sure of the customer an agent must be: order, code or signed_in.")
	}
	for k, minutes := range l.UndoMinutes {
		if !known(k) || minutes < 0 || minutes > maxUndo {
			return fault.Newf(fault.Invalid, "An act can be taken back for 0 to %d minutes (%s).", maxUndo, k)
		}
	}
	for role := range l.Roles {
		if !slices.Contains(LimitRoles, role) {
			return fault.Newf(fault.Invalid, "There is no role %q here.", role)
		}
	}
	for _, role := range LimitRoles {
		if err := checkRole(role, l.Roles[role]); err != nil {
			return err
		}
	}
	return nil
}

func known(k WriteKind) bool {
	_, ok := shapes[k]
	return ok || k == "*"
}

func checkRole(role chat.Role, table map[WriteKind]Limit) error {
	if _, ok := table["*"]; !ok {
		return fault.Newf(fault.Invalid, "Say what holds for %s where nothing else is said.", role)
	}
	if w := table[Withdraw]; role != roleSecond && w != (Limit{}) {
		return fault.New(fault.Invalid, "A withdrawal is the customer's right: it has no limit.")
	}
	if _, ok := table[Withdraw]; role != roleSecond && !ok {
		return fault.New(fault.Invalid, "A withdrawal is the customer's right: it must be named, without a limit.")
	}
	for k, lim := range table {
		if !known(k) {
			return fault.Newf(fault.Invalid, "There is no act %q.", k)
		}
		for _, m := range []Money{lim.PerAct, lim.PerCustomer, lim.PerPerson} {
			if m < 0 || m > maxLimit {
				return fault.Newf(fault.Invalid, "An amount is between nothing and € %d.", maxLimit/100)
			}
		}
		if lim.Acts < 0 || lim.Acts > maxCounted {
			return fault.Newf(fault.Invalid, "A number of acts is between 0 and %d.", maxCounted)
		}
	}
	return nil
}
