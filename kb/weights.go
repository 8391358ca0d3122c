package kb

// Weights of the index: how often a word counts for standing in a place. Changing one needs a new indexVersion.
const (
	titleWeight    = 3
	sectionWeight  = 2
	questionWeight = 2
	tagWeight      = 2
)

// Weights of a search, chosen on half of the queries in the shared data and reported on the other half; see DESIGN.md.
const (
	bm25K = 1.2  // how soon more of the same word stops helping
	bm25B = 0.75 // how much a long passage is held against it

	synonymWeight  = 0.8 // an editor's synonym
	repairWeight   = 0.9 // a word repaired by one letter; each further letter counts as much again
	partWeight     = 0.5 // a part of a compound that the customer wrote: adres for bezorgadres
	compoundWeight = 0.4 // a compound of a word that the customer wrote: bezorgadres for adres
	maxCompounds   = 12
)
