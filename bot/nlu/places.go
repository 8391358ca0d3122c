package nlu

import "strings"

// The words addresses are recognized by, folded to lower case without diacritics.

// streetEndings end the name of a street in one word: Dutch, Flemish and German.
var streetEndings = strings.Fields(`straat laan weg gracht kade plein dijk singel hof park pad steeg markt dreef plantsoen
	baan lei burg haven dam brug wal veld kamp oord berg horst akker es erf dal rade rak ring steen vaart vliet zijde
	straatje laantje straatweg boulevard strasse str str. platz allee gasse damm ufer wall stieg
	kaai passage promenade esplanade burgwal gaard gaarde wegel kouter steegje pleintje hofje paadje wegje stede veste hage heuvel polder donk`)

// notStreet end like a street but are words of the trade or the day.
var notStreet = set(`weg onderweg vandaag bestelling terugweg park hof markt dam berg vandam vanaf haven baan ring wal es heuvel polder
	halverwege verweg vanweg supermarkt black mes les proces success process pes levertijdes es adres kamp marktplaats
	doos vaak maat`)

// shortEndings count only behind at least four letters, since they end many other words.
var shortEndings = set("weg hof dam wal es erf dal lei rak ring baan park pad berg veld kamp oord haven burg steen markt str")

// streetLike reports whether a folded word is, or ends like, the name of a street.
func streetLike(low string) bool {
	if streetTypes[strings.TrimSuffix(low, ".")] && len(low) > 4 || dutchStreetWords[low] {
		return true
	}
	if notStreet[low] {
		return false
	}
	for _, e := range streetEndings {
		if rest, ok := strings.CutSuffix(low, e); ok && len(rest) >= 3 && (len(rest) >= 4 || !shortEndings[e]) && e != "es" {
			return true
		}
	}
	return false
}

// dutchStreetWords stand as words of their own in street names: "Burgemeester Roëllstraat" needs none, "Grote Markt" does.
var dutchStreetWords = set("straat laan plein gracht kade dijk singel plantsoen boulevard strasse platz allee meir postbus antwoordnummer chaussee via calle piazza")

// streetTypes end an English street name.
var streetTypes = set(`street st road rd avenue ave lane ln drive dr court ct boulevard blvd pl sq terrace ter
	highway hwy parkway pkwy close crescent cres gardens gdns mews hill grove park broadway alley`)

var frenchStreet = set("rue avenue boulevard place chemin allee allees quai impasse route cours bd bvd av square passage sentier")

var compass = set("n s e w ne nw se sw north south east west")

// nameParticle are small words inside names of streets and cities.
var nameParticle = set(`van v vd v/d achter onder boven auf dem hinter unter van de der den het 't ten ter aan op bij in onder von vom zum zur am an a/d v.d. d' la le les du des of
	the upon under 's en und over sur`)

// streetLead are words that begin the name of a street before its last part: "oude kerkstraat", "burgemeester jansenlaan".
var streetLead = set(`kon kon. pr pr. gen gen. mgr mgr. wilh past jhr weth adm gebr groene hoge oude oud nieuwe nieuw grote groot kleine klein lange korte eerste tweede derde vierde vijfde hoge lage noorder zuider
	ooster wester noord zuid oost west burgemeester burg burg. prins prinses koning koningin dr dr. prof prof. professor dokter sint st st.
	admiraal generaal pastoor kapelaan jan pieter piet willem johan johannes karel frans hendrik albert anna maria wilhelmina juliana beatrix
	emma mauritshuis graaf gravin hertog ds ds. mr mr. ir ir. jonkheer president thomas vincent rembrandt jacob louis marie van der den de het`)

// leadingParticle may start a street's name though written small: "de Lairessestraat", "'t Zand".
var leadingParticle = set("'t 's")

// cityLead are first words of cities of two words.
var cityLead = set("den de 's het 't la le los las san santa new nieuw oud oude nieuwe sint st st. saint bad el fort port north south east west salt")

// nameLead are words that, with a capital, begin the name of a street.
var nameLead = set("neuer neue alte alter via calle piazza plaza")

// addressWords announce an address.
var addressWords = set(`adres address adress adress: afleveradres bezorgadres leveradres woonadres factuuradres straat street
	naar to wonen woon woont live bezorgen leveren deliver ship send stuur verhuisd moved nieuwe new`)

// sentenceWord are words no street or city starts with; reading a name stops at them.
var sentenceWord = set(`is zijn was het naar op in aan bij mijn me m'n adres address adress nieuw nieuwe new nieuwste my
	afleveradres bezorgadres woonadres leveradres factuuradres huisadres thuisadres postadres werkadres wijzig wijzigen
	veranderen verander verandert wordt worden naar: graag aub alstublieft please svp a.u.b. thanks bedankt dank ik i ben
	woon woonde wonen live living at to from van vanaf per via voor for of or and en maar but niet not ipv nu now moet
	should must be het: is: adres: address: stuur stuurt sturen send ship deliver bezorg bezorgen lever leveren geleverd
	delivered sent verhuisd verhuis moved move moving order bestelling pakket package parcel this that deze dit die dat
	the a an een de te als if wil want kan kunt kun can could would zou you u jullie je jij we wij they heb hebt heeft have has
	oude old straat postcode zipcode zip huisnummer nummer nr hallo hi hello hoi hey goedemorgen goedemiddag dag dear beste
	klopt correct verkeerd wrong instead plaats mag may onze our his her zijn haar ook also so dus want omdat because
	groet groetjes groeten mvg regards ouders parents werk work kantoor office thuis home huis house buurvrouw buren
	neighbour neighbor dochter zoon moeder vader vandaag morgen overmorgen tomorrow today gisteren yesterday ma di wo do
	om tussen rond sinds nummer: met with wonend woonachtig ga gaan going change changed update pas aanpassen verplaats
	verstuur versturen correctie sorry oeps bedoel bedoelde eigenlijk actually mean nee no ja yes verhuizen gestuurd bezorgd
	krijgen zetten zet aangepast gewijzigd afgeleverd verzonden brengen breng komt komen moeten staat staan maken maak geef gegeven doorgeven
	lived shipped shipping mail post adressen addresses klaar weer steeds altijd vroeger eerst later pakketje pakje zending bank kast
	adreswijziging wijziging verzendadres bezorging aflevering klantnummer huisnr oud: nieuw: tel telefoon mobiel mail uur eerst ist wohne wohnen
	ich wir jetzt mein meine neue neuer neues adresse bitte nach j'habite habite mon mes est nouvelle merci s'il chez daarheen hierheen zeg gewoon
	ingevuld opgegeven typte bedoel getypt verhuist nieuw: sturen: it's its that's i'm -> => --> > momenteel tijdelijk tegenwoordig logeer zit trek trekken logeert addy`)

var countries = map[string]string{"nederland": "NL", "nl": "NL", "netherlands": "NL", "holland": "NL", "the netherlands": "NL",
	"belgie": "BE", "belgium": "BE", "be": "BE", "belgique": "BE", "belgien": "BE", "duitsland": "DE", "germany": "DE", "deutschland": "DE", "de": "DE",
	"frankrijk": "FR", "france": "FR", "fr": "FR", "usa": "US", "us": "US", "u.s.a.": "US", "united states": "US",
	"united states of america": "US", "verenigde staten": "US", "uk": "GB", "united kingdom": "GB", "england": "GB", "gb": "GB",
	"great britain": "GB", "scotland": "GB", "wales": "GB", "engeland": "GB", "verenigd koninkrijk": "GB", "luxemburg": "LU", "luxembourg": "LU", "spanje": "ES",
	"spain": "ES", "italie": "IT", "italy": "IT", "oostenrijk": "AT", "austria": "AT", "ierland": "IE", "ireland": "IE", "zwitserland": "CH",
	"switzerland": "CH", "canada": "CA", "schweiz": "CH", "suisse": "CH", "osterreich": "AT", "portugal": "PT", "denemarken": "DK", "denmark": "DK", "zweden": "SE", "sweden": "SE",
	"polen": "PL", "poland": "PL", "italia": "IT", "espana": "ES", "schotland": "GB", "northern ireland": "GB"}

// stateNames are the states of the US and their codes.
var stateNames = map[string]string{"alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA",
	"colorado": "CO", "connecticut": "CT", "delaware": "DE", "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID",
	"illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA", "maine": "ME",
	"maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS", "missouri": "MO",
	"montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ", "new mexico": "NM",
	"new york": "NY", "north carolina": "NC", "north dakota": "ND", "ohio": "OH", "oklahoma": "OK", "oregon": "OR",
	"pennsylvania": "PA", "rhode island": "RI", "south carolina": "SC", "south dakota": "SD", "tennessee": "TN", "texas": "TX",
	"utah": "UT", "vermont": "VT", "virginia": "VA", "washington": "WA", "west virginia": "WV", "wisconsin": "WI",
	"wyoming": "WY", "washington dc": "DC"}

var stateCodes = func() map[string]bool {
	m := map[string]bool{}
	for _, code := range stateNames {
		m[code] = true
	}
	return m
}()
