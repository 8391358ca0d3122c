// Package demo holds what the demo shop is made of: the help centre, the order system and the people of Pimpernel, a
// Dutch webshop that exists only here. `balie serve --demo` seeds an empty data folder with it, so that a newcomer sees
// every part of the house at work without writing anything first.
package demo

import "embed"

// Library is the help centre: library/nl and library/en, one Markdown file an article, with YAML front matter as
// `balie kb import` reads it. An article and its translation have the same id, which is also the name of the file.
//
//go:embed library/nl/*.md library/en/*.md
var Library embed.FS

// Orders is the order system, in the layout that BALIE_ORDERS reads. Instead of dates an order says how long ago it was
// placed and delivered (placed_days_ago, delivered_days_ago), to be counted back from the day of seeding: a demo that is
// started next year still has a parcel that came four days ago. An order that was not delivered has no delivered_days_ago.
//
//go:embed orders.json
var Orders []byte

// People is who can sign in to the demo's desk, with names, roles, languages and teams, and the hours and holidays of
// that desk. It holds no password: the demo's is a setting.
//
//go:embed people.yaml
var People []byte
