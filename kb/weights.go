package kb

// Weights of the index: how often a word counts for standing in a place. Changing one needs a new indexVersion.
const (
	titleWeight    = 4
	sectionWeight  = 2
	questionWeight = 2
	tagWeight      = 2

	leadWeight      = 3  // the opening words of an article without a title, in its first passage
	laterLeadWeight = 1  // and in the others
	leadWords       = 25 // how many those are
)

// Weights of a search, chosen on half of the queries in the shared data and reported on the other half; see DESIGN.md.
const (
	bm25K = 1.2 // how soon more of the same word stops helping
	bm25B = 0.6 // how much a long passage is held against it

	synonymWeight  = 0.8 // an editor's synonym
	repairWeight   = 0.9 // a word repaired by one letter; each further letter counts as much again
	partWeight     = 0.5 // a part of a compound that the customer wrote: adres for bezorgadres
	compoundWeight = 0.2 // a compound of a word that the customer wrote: bezorgadres for adres
	gramWeight     = 1.0 // all four-letter pieces of a word together, beside the word itself
)

// What a search looks at, at most.
const (
	maxQueryWords = 48
	maxCompounds  = 12
	maxGrams      = 96      // four-letter pieces of one question, the rarest first
	maxLists      = 6 << 20 // postings kept in memory between searches, some 50 MB; a library of 1,000 articles has a quarter of that
)

// Floors under which a question is not answered; see DESIGN.md, "How does it know that it does not know?".
const (
	noneFit   = 0.42 // below: nothing fits
	answerFit = 0.58 // below: ask back
	clearLead = 0.92 // the second article scores less than this part of the first: the first is the answer
)
