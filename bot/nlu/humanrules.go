package nlu

// The rules of AsksForPerson, over tagged sentences: PERSON is one who helps for a living, FOLK any person, SOMEONE a
// pronoun or a colleague, BOSS a superior, DESK the help desk, BOT a machine, TALK and CONNECT the verbs.

const (
	wish   = `(?:wil|willen|wilt|wou|mag|kan|kun|kunt|kunnen|graag|liever|moet|eis|sta erop|geef|geeft|stuur|haal|roep|zoek|breng|regel|zou|nodig|laat|aub|alsjeblieft|alstublieft|svp|pls|plz|please|want|wanna|need|needs|require|demand|insist|like|prefer|rather|can|could|may|might|must|let|lemme|get|give|gimme|bring|find|hoe|how|waar|where|wanneer|nu|now|is er|zijn er|is there|are there)`
	upTo3  = `(?: \S+){0,3}`
	upTo6  = `(?: \S+){0,6}`
	anyone = `(?:PERSON|FOLK|SOMEONE|BOSS|DESK)`
)

var (
	// refusing a person, or asking what this is.
	refusesPerson = []rule{
		newRule(`\b(?:hoef|hoeft|nodig|hoeven)\b` + upTo3 + ` ?\b(?:geen|niet)\b` + upTo3 + ` ` + anyone),
		newRule(`\b(?:wil|wou) (?:(?:helemaal|echt|zeker) )?(?:geen|niet met een)(?: \S+){0,2} (?:PERSON|BOSS)`),
		newRule(`\bgeen(?: \S+){0,2} ` + anyone + ` (?:nodig|hoor|aub|graag)\b`),
		newRule(`\b(?:zonder|without)(?: \S+){0,3} ` + anyone),
		newRule(`\b(?:dont|do not|doesnt|not|no) (?:want|need|have)(?: to| a| an| any| TALK| with| the)* (?:real |live )?` + anyone),
		newRule(`^(?:no|geen) ` + anyone + `(?: \S+)?$`),
		newRule(`\b(?:no need|hoeft niet|niet nodig)\b` + upTo6 + ` ` + anyone),
		newRule(`\b(?:niet|not) (?:met een |met |to a |to an |with a )?(?:echte? |real )?PERSON (?:maar|but)\b`),
	}
	// refusing to be passed on, to speak with anybody, or to have another than the bot.
	refusesHelp = []rule{
		newRule(`\b(?:niet|not|dont|never|nooit|hoef|hoeft|no need)(?: (?:to|want|have|need|need to|be|me|mij|weer|again|niet|te|please|aub|even|ook|verder|meer)){0,5} (?:CONNECT|connect|forward|pass me|send me|stuur)\b`),
		newRule(`\b(?:CONNECT|verbind|stuur|connect)(?: (?:me|mij|maar|dus|aub|to|naar))* (?:niet|hoeft|hoef|is niet nodig)\b`),
		newRule(`\b(?:wil|wou)(?: (?:met|echt|gewoon|nu))* NOBODY\b`),
		newRule(`\b(?:dont|do not|hoef|hoeft|niet|not)(?: (?:want|need|wish|have|to|met|with|a|an|een|niet|te|TALK|get))* (?:NOBODY|SOMEONE)(?: (?:te|TALK|spreken|halen|meer|hoor|at all|involved|watching|erbij))*$`),
		newRule(`\b(?:liever|rather|prefer|preferably)(?: (?:TALK|to|ask|have|vraag|ik|i|it|het|vraag ik|with|met|aan|tegen|een|a|an|gewoon|just))* (?:BOT|you|jou|jij)\b(?: (?:dan|than|over|instead of)\b| *$)`),
		newRule(`\b(?:liever|rather|prefer)(?: (?:not|niet|geen|met|a|an|een|to|with))* (?:geen|not|niet)(?: (?:met|a|an|een|to|with|TALK))* (?:PERSON|FOLK|SOMEONE)\b`),
		newRule(`\bPERSON (?:is |isnt |hoeft )(?:no longer|not|niet|needed|nodig)\b`),
		newRule(`\b(?:no|geen) PERSON (?:please|graag|aub|nodig|needed|required|erbij)\b`),
	}
	// what takes a refusal back, or makes it a question.
	contrast       = newRule(`\b(?:waarom|why|maar (?:met |een |naar )|but (?:to |with |a |an )|instead|in plaats|ipv)\b`)
	asksWhatThisIs = newRule(`^(?:hallo |hoi |hi |hey |hello |maar |so |dus |wait |ok |oke |en )?(?:(?:ben|bent|zijn|praat|spreek|chat|word|heb) (?:jij|je|u|jullie|dit|ik|het)|is (?:dit|het een|dat)|(?:are|r) (?:you|u|there humans)|am i|is (?:this|it an?|it the|it real)|do i have|zit (?:er|hier)|u bent|je bent|jij bent|youre|you are|leest|did i|was (?:dit|this|that|dat))\b`)
	// A person who is not there to help: somebody's own, or the subject of the sentence.
	otherPerson = []rule{
		newRule(`\b(?:mijn|m|onze|my|our|his|her|zijn|haar|een oud|ex|their|een andere?|delivery|post|travel|estate|cleaning|ticket|secret|insurance|leasing|booking) (?:PERSON|SOMEONE|BOSS)\b`),
		newRule(`\b(?:over|about|tegen|against) (?:een|de|uw|jullie|a|an|the|your|this|die)(?: \S+)? (?:PERSON|BOSS)\b|\bPERSON (?:discount|korting|of the month|van de maand)`),
	}
	// A person who did something or has a trade; the customer may still want one now.
	otherRole = []rule{
		newRule(anyone + upTo3 + ` (?:zei|zegt|vertelde|vertelt|beloofde|beloofd|heeft|had|was|waren|gaf|deed|hielp|schreef|beweerde|adviseerde|adviseert|verzekerde|noemde|hing|said|says|told|promised|gave|was|were|has|had|did|helped|wrote|claimed|advised|assured|hung|mentioned|refused|weigerde|opened|stole|snauwde|stuurde|belde|called|sent|tekende|signed)\b`),
		newRule(`\b(?:gesproken|gepraat|sprak|gebeld|gechat|spoke|spoken|talked|chatted|geholpen door|helped by|contact gehad)\b`),
		newRule(`\b(?:vacatures?|sollicit\w*|personeel|jobs?|hiring|work for|werken bij|word ik|become)\b`),
		newRule(`\b(?:hoeveel|how many)\b` + upTo3 + ` PERSON`),
		newRule(`\b(?:ben|bent|im|i am|am) (?:een |a |an )?(?:PERSON|BOSS)\b`),
		newRule(`\bvoor (?:\d+|twee|drie|vier|vijf|zes|acht|tien) PERSON|\bfor (?:\d+|two|three|four|five|six|eight|ten) PERSON|\bper PERSON|\bPERSON (?:s )?maat`),
	}
	// asking outright.
	asksPerson = []rule{
		newRule(wish + `(?: \S+){0,8} ` + anyone + upTo6 + ` (?:TALK|CONNECT|contact|aan de lijn|aan de telefoon|on the line|on the phone)\b`),
		newRule(`\b(?:TALK|CONNECT|contact|chat|praat|praten|in touch|hold|bereik|bereiken|reach|verbind|verbinden|connect|connected|transfer|transferred|forward|pass|hand|switch|put me through|zet me|stuur me|door)` + upTo6 + ` (?:PERSON|FOLK|BOSS|DESK)\b`),
		newRule(`\b(?:wil|want|wanna have|need|geef me|geef mij|give me|gimme|get me|liever|rather|would like|prefer)(?: (?:een|a|an|echte?|real|live|gewoon|just|to have)){0,4} FOLK\b`),
		newRule(wish + ` (?:een|a|an|real|the|\S+ )? ?FOLK(?: (?:mij|me|us|ons|die|who|that|to|with|hier|mee))* (?:help|helpen|antwoord|antwoorden|answer|assist|meekijken|TALK)`),
		newRule(`\bgeholpen (?:worden )?door (?:een )?(?:echte? )?(?:PERSON|FOLK)|\b(?:helped|assisted|served) by (?:a |an )?(?:real )?(?:PERSON|FOLK)`),
		newRule(`\b(?:van je|van jullie|van uw|van de|of your|of the) (?:SOMEONE|PERSON)$`),
		newRule(`\bbe (?:transferred|connected)(?: to (?:a |an |the |your )?(?:PERSON|SOMEONE|FOLK|BOSS|DESK))?$|\b(?:be put through|handed over|take over|overnemen)\b`),
		newRule(`\b(?:TALK|CONNECT|verbind|connect|transfer|forward|pass me|hand me|put me|speak|zet me|stuur me)(?: me| mij| door| through| over| on| to| met| with| naar| aan| een| a| van| of| your| jullie| je| uw| one| real| echt| echte| gewoon| just){0,6} SOMEONE\b`),
		newRule(wish + `(?: \S+){0,5} (?:PERSON|BOSS)\b`),
		newRule(`\bSOMEONE (?:TALK|aan de lijn|on the line)|\b(?:PERSON|FOLK|BOSS|DESK) (?:TALK|help|hulp|contact|graag|aub|alstublieft|alsjeblieft|svp|please|pls|plz|now|nu|nodig|needed|required|gewenst|gevraagd)\b`),
		newRule(`\b(?:echte?|real|actual|live|levend|human|menselijke?) (?:PERSON|FOLK|SOMEONE)\b`),
		newRule(`\bSOMEONE (?:echts?|real|actual|human|van vlees|of flesh|van jullie|van de DESK|from (?:your|the|DESK|customer))`),
		newRule(`\b(?:geen|niet met (?:een )?|niet tegen (?:een )?|stop met|weg met|genoeg van|rot op met|haat|no|not a|not to a|not with a|not TALK|niet TALK|dont TALK|skip|enough of|stop the|sick of|dont want (?:a|an|to TALK to a|to TALK to an|to TALK with a|this|your)|tired of|hate)(?: \S+){0,3} ?BOT\b`),
		newRule(`\b(?:CONNECT|verbind me door|put me through|transfer me|pass me on|hand me over|schakel me door|overzetten naar|zet me (?:door|over)|kunt u mij door|doorverbin\w*)\b`),
		newRule(`\b(?:menselijke?|human|persoonlijke?|personal) (?:hulp|contact|help|assistance|support|DESK|agent|PERSON|hand|ondersteuning|interaction|interactie)\b`),
		newRule(wish + `(?: \S+){0,5} SOMEONE TALK\b|` + wish + `(?: \S+){0,6} TALK(?: \S+){0,3} SOMEONE\b|\bmet SOMEONE (?:TALK|van)\b`),
		newRule(`\b(?:i want|i need|ik wil|ik wou|geef me|geef mij|give me|get me|gimme|liever|rather|find me|just)(?: (?:een|a|an|just|gewoon|graag|nu|now|maar|dan|echt|toch))* SOMEONE(?: (?:who|die|that|met|with|van|from|of|aan|on|please|aub|graag|nu|now|echts?|real)\b|$)`),
		newRule(`\b(?:is er|is there|zit er|werkt er|are there|zijn er)(?: \S+){0,2} (?:SOMEONE|FOLK|PERSON)(?: \S+){0,2} (?:die|who|that|aanwezig|beschikbaar|available|i can|ik|live|echt|real|TALK|online|present)\b`),
		newRule(`\b(?:bellen|call|phone|bel) (?:met|with) (?:een |a |an )?(?:SOMEONE|PERSON|FOLK)\b`),
		newRule(wish + `(?: \S+){0,4} (?:afdeling|department|team)(?: \S+){0,3} (?:TALK|CONNECT)|\b(?:TALK|CONNECT|connect|verbind|transfer)(?: \S+){0,4} (?:afdeling|department|team)\b`),
		newRule(`\b(?:ask|asked|asking|vraag|vroeg|gevraagd|vragen)(?: \S+){0,5} (?:for|om|naar) (?:een|a|an|the|de|your)(?: \S+)? ?(?:PERSON|BOSS|FOLK)\b`),
		newRule(`\b(?:PERSON|FOLK|SOMEONE) (?:die|who|that|i can|ik kan)(?: \S+){0,4} TALK\b`),
		newRule(`\b(?:ask|vraag|get|haal|roep|bring) (?:een|a|your|je|uw|jullie) SOMEONE\b`),
		newRule(`\b(?:een|a|your|je|uw|jullie) SOMEONE (?:vragen|to take|to look|to help|to join|erbij|meekijken|inschakelen)`),
		newRule(`\b(?:wil|want|need|wil graag)(?: de| the| jullie| your| to TALK to)* DESK$`),
		newRule(`\b(?:mogelijk|possible|chance|kans)(?: \S+){0,3} ` + anyone + `(?: \S+){0,3} TALK\b`),
		newRule(`\b(?:mogelijk|possible|chance)(?: \S+){0,3} TALK(?: \S+){0,3} ` + anyone),
		newRule(`\b(?:hulp van|help from|assistance from|geef me|geef mij|give me|get me)(?: een| a| an| de| the| jullie| your)* (?:PERSON|FOLK|BOSS|DESK)\b|\bFOLK (?:die|who) (?:antwoord|answer)`),
		newRule(wish + `(?: \S+){0,6} DESK (?:TALK|bellen|call|agent|PERSON)`),
	}
	asksToConnect = newRule(`^(?:please |can you |could you |just )*(?:transfer|connect|escalate|forward)(?: me| this| please| now| pls| to DESK)*$`)
	// nothing but the person: "medewerker!", "a human please", "agent agent agent".
	barePerson  = newRule(`^(?:(?:een|a|an|the|de|echte?|real|live|human|gewoon|just|graag|aub|alstublieft|alsjeblieft|svp|please|pls|plz|nu|now|ik|i|ja|yes|nee|no|hallo|hi|hello|hoi|ok|help|naar|to|met|with|n|liever|only|alleen|customer|service|een van je) ?)*(?:PERSON|FOLK|BOSS|DESK)(?: (?:PERSON|graag|aub|alstublieft|alsjeblieft|svp|please|pls|plz|nu|now|nodig|needed|dan|then|hier|here|thanks|bedankt))*$`)
	stillWants  = newRule(`\b(?:die ik (?:kan|mag)|ever|ignor\w+|zo goed|aan de lijn|nog (?:een )?(?:PERSON|FOLK|mens|medewerker|iemand|mensen) (?:op|aanwezig|vrij|die)|ik wil|wil ik|ik eis|mag ik|kan ik|i want|i need|can i|could i|may i|let me|laat me|laat mij|geef me|geef mij|give me|verbind|connect me|transfer me|ik wens|i demand|id like|i would like|ik zou|get me|had graag|graag gesproken|hoping to|vraag om|ask for|asking for)\b`)
	wantsAnyway = newRule(stillWants.String() + upTo6 + ` ` + anyone + `\b`)
)
