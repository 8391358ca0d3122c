package nlu

// askSigns are what the words around a person say about whether one is asked for, over tagged sentences. Each is a column
// of its own in the model, which learns how far to trust it; some speak for asking, some against.
var askSigns = []rule{
	// For: refusing the machine.
	newRule(`\b(?:klaar|done|fed up|sick|tired|enough|through|had it|genoeg|moe|zat|beu|gek)(?: \S+){0,4} BOT\b`),
	newRule(`\b(?:turn|switch|zet|schakel|stop|skip|bypass|lose|omzeil|away|weg|past|around|rid|langs|overslaan|from)(?: \S+){0,4} BOT\b|\bBOT (?:\S+ ){0,2}(?:uit|off|weg|away|stop|overslaan|uitgezet|uitzetten)\b`),
	newRule(`\b(?:refuse|weiger|vertik|ga niet|not going to|not gonna|wont|dont want to|wil niet|nooit|niet verder)(?: \S+){0,6} BOT\b`),
	newRule(`\b(?:too|te) \S+(?: \S+){0,2} (?:for|voor)(?: \S+){0,2} (?:BOT|jou|you)\b`),
	newRule(`\b(?:geen|no|stop|stoppen|hou op|not|niet|without|zonder|genoeg)(?: \S+){0,4} (?:automatische?|automated|standaard|standaardantwoorden|canned|scripted|praatmachine)\b`),
	newRule(`\b(?:without|zonder)(?: \S+){0,2} BOT\b`),
	newRule(`^(?:no|geen|not an?|niet weer een)(?: \S+)? BOT(?: (?:please|graag|aub|pls|plz))?$`),
	// For: the bot is not enough.
	newRule(`\b(?:jij|je|you|u|jou)(?: \S+){0,3} (?:niet|cant|cannot|not|dont)(?: \S+){0,4} (?:wie|who|SOMEONE else|SOMEONE anders|een ander)\b`),
	newRule(`\b(?:SOMEONE|PERSON) (?:else|anders)\b(?: (?:please|graag|aub|besides|dan jij|than you|spreken|I can).*)?$`),
	newRule(`\b(?:hogerop|higher up|CONNECT (?:this|it|my)|naar boven)\b`),
	// For: somebody free, present, wanted back, awaited.
	newRule(`\b(?:is|zijn|are|any|zit|werkt?|leeft|heeft|has|hebben|have)\b(?: \S+){0,4} (?:SOMEONE|PERSON|FOLK)(?: \S+){0,3} (?:vrij|free|available|beschikbaar|online|there|daar|aanwezig|bereikbaar|around|alive|wakker|awake|tijd|time|minuutje|minute)\b`),
	newRule(`^(?:hello|hallo|hoi|hi|hey)?(?: )?(?:is|are|zit|any)?(?: )?(?:there|er|daar|nog)?(?: nog| ook)? ?(?:SOMEONE|FOLK)(?: (?:there|daar|thuis|home|aanwezig|around|here|please|aub))*$`),
	newRule(`\b(?:wacht|waiting|wait|gewacht|wachtrij|queue|blijft)(?: \S+){0,3} (?:op|for|voor|die|the|a|an|een) PERSON\b`),
	newRule(`\b(?:zelfde|dezelfde|same|previous|vorige|daarnet|zojuist|weer|again|terug|back|opnieuw)\b.* (?:PERSON|SOMEONE)\b|\b(?:PERSON|SOMEONE)\b.* (?:weer|again|terug|back|opnieuw)$`),
	// For: what the person is to do.
	newRule(`\b(?:PERSON|FOLK|SOMEONE)(?: \S+){0,4} (?:kijkt|kijken|meekijken|look|looks|review|beoordelen|beoordeelt|lezen|leest|meelezen|read|reads|antwoord|antwoorden|beantwoorden|answer|overneemt|overnemen|over|join|oplossen|fix|solve|sort)\b`),
	newRule(wish + `(?: \S+){0,5} (?:jullie|u|you|you people|you guys)(?: \S+){0,3} (?:TALK|bellen|aan de lijn)$`),
	newRule(`\b(?:wie|who|whom|which of you|tot wie|met wie)(?: \S+){0,5} (?:TALK|bellen|call|wenden|gesprek)\b`),
	newRule(`\b(?:live|real|actual|echte?|normaal|persoonlijk|personal|mondeling|human|MENSELIJK)(?: \S+)? (?:TALK|help|hulp|support|DESK|assistance|ondersteuning|gesprek|conversation|contact|kontakt|intervention|tussenkomst|stem|voice|one)\b`),
	newRule(`\b(?:stem|voice)\b(?: \S+){0,2}(?: horen| not| niet| please| graag)`),
	newRule(`\b(?:afdeling|department|team|DEPT|rep|side)\b.* (?:TALK|CONNECT|graag|please)\b|\b(?:CONNECT|TALK|verbind|connect|naar|to)(?: \S+){0,4} (?:afdeling|DEPT|department|team)\b|^\S+(?: \S+)? (?:afdeling|DEPT|department) (?:please|graag|aub)$`),
	newRule(`\bKLANT (?:serv\w*|serbice|support|care)\b`),
	// Against: a refusal, of being passed on or of a person.
	newRule(`^(?:\S+ ){0,4}?(?:niet|not|dont|hoef|hoeft|never|nooit)(?: \S+){0,4} (?:CONNECT|connect)\b|\b(?:CONNECT|connect|verbind)(?: \S+){0,3} (?:niet|hoeft)\b|\bno need to (?:CONNECT|connect|TALK)`),
	newRule(`\b(?:wil|hoef|want|need|have|dont|not)\b(?: \S+){0,5} (?:NOBODY|SOMEONE|FOLK)\b.*`),
	newRule(`\b(?:dont|do not|hoef|hoeft|wil (?:\S+ )?niet|not)\b(?: \S+){0,5} (?:TALK|SOMEONE|NOBODY|PERSON)\b`),
	newRule(`\b(?:wil|hoef|want)\b(?: \S+){0,2} NOBODY\b`),
	newRule(`\b(?:liever|rather|prefer|juist)(?: (?:TALK|to|with|met|een|a|an|my|the|gewoon|jou|you))* (?:BOT|you|jou)\b|\b(?:liever|rather) (?:niet|not|geen)(?: \S+){0,3} (?:PERSON|SOMEONE|FOLK)`),
	newRule(`\b(?:no longer|not any ?more|niet meer|isnt needed|al geregeld|sorted|al gevonden|after all|toch geen|laat (?:die|dat) PERSON)\b`),
	// Against: a look at what the bot is.
	newRule(`\b(?:behind|achter|other end|andere kant|reading|meelezen|leest|lezen|typt|typing)\b`),
	newRule(`^(?:\S+ ){0,2}?(?:bende|zijde|lijkt|klinkt|seem|sound)\b`),
	newRule(`^(?:\S+ ){0,3}?BOT(?: \S+)?$`),
	// Against: another thing to do with a person.
	newRule(`\b(?:compliment\w*|bedank\w*|thank|rate|beoordeling|review|complaint|klacht|complain|korting|discount|cadeau\w*|gift|present|machtig\w*|authori[sz]e|ophalen|collect|pick|thuis|home|teken\w*|sign|signs|naam|name|bezorg\w*|deliver\w*|afgeven|ontvang\w*|receive|buren|neighbour|surprise|verrassen|uitnodigen|invite|solliciteren|apply|vacature|factuur|invoice|bestel\w*|ordered|leverancier|levering)\b`),
	newRule(`\b(?:bel|bellen|belt|gebeld|terugbellen|phone me|ring me|call me|call back|callback|telefonisch|ring you|telephone)\b`),
	newRule(`\b(?:nummer|number|phone|telefoonnummer|open|hours|openingstijden|bereikbaar|email|mailadres|wacht|hold|kosten?|cost)\b.* DESK|\bDESK\b.* (?:nummer|number|phone|open|hours|bereikbaar|email|mailadres|gratis|free)\b`),
	newRule(`\b(?:PERSON|SOMEONE|FOLK) (?:of|van|die|who|with|met|on|op|in|bij|at)\b`),
	newRule(`\b(?:can|could|kan|zou|does|weet|heeft|wil|will|may|mag|when|wanneer)(?: \S+){0,2} SOMEONE (?:tell|check|explain|confirm|send|cancel|change|vertellen|uitleggen|nagaan|kijken waar|controleren|zeggen|annuleren|wijzigen|sturen|know|hoe|how|me vertellen|mij vertellen|me zeggen)`),
	newRule(`\b(?:money|account|geld|rekening|bank|points|wifi|bluetooth|app|balance|payment|betaling|pay|bestelling|order|invoice|factuur)\b.* CONNECT|CONNECT.* (?:money|account|geld|rekening|points|wifi|bluetooth|app|balance|payment|pay|mother|address|adres)\b|\b(?:bank|by) CONNECT\b`),
	newRule(`\b(?:FOLK|PERSON|BOSS|BOT|SOMEONE) (?:bed|stoel|chair|manual|hair|rights|error|fout|discount|korting|duvet|details|data|gegevens|vacuum|stofzuiger|mower|maaier|desk|bureau|table)\b`),
	newRule(`\b(?:my|mijn|our|onze|a|een) (?:man|vrouw|husband|wife|friend|vriend|vriendin|lawyer|advocaat|landlord|insurer|verzekeraar|neighbour|buurman|buurvrouw|moeder|mother|zus|sister|partner)\b`),
	newRule(`\b(?:spreek|speak|TALK) (?:geen |jij |je |you |alleen |only )*(?:nederlands|engels|frans|duits|dutch|english|french|german|spanish)\b`),
}
