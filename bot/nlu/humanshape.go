package nlu

import "strings"

// shapeWords say what the small words of a request do, in both languages alike, so that what is learned of "mag ik … spreken" is known of "may I
// speak to …" too: who wants, who gives, what is denied, what is past.
var shapeWords = func() map[string]string {
	m := map[string]string{}
	for class, list := range map[string]string{
		"wish": `wil willen wilt wou wens wenst wenste eis verzoek verzoeken verlang want wanna need needs require demand insist wish zoek seeking nodig needed
			required gewenst wacht waiting hoop hoping`,
		"please": `graag gaarne gere liever liefst please pls plz aub alsjeblieft alsjeblief alstublieft svp prefer preferably rather like fijn appreciate thanks`,
		"may": `mag kan kun kunt kunnen kunde kank kzou zou zouden may might can could cn would will shall mogelijk possible possibly chance kans mogelijkheid
			permitted lukt`,
		"give": `geef geeft geven gimme give gives get gets haal haalt halen breng bring stuur send roep find regel zet zetten put koppel koppelen link hook
			pair schakel schakelen switch pass hand verbind verbindt verbinden connect connected route page summon pak fix fixen involve inschakelen add loop pull
			let lemme laat krijg krijgen krijgt bereik bereiken reach take neem leg fetch bezorg contact kontakt touch`,
		"me": `mij me ons us mn`, "i": `ik i k wij we im id ill ive`, "you": `je jij jou u you ge gij youre ur`, "your": `jullie uw jouw your jullies ulder yours`,
		"not": `niet geen gene gien not no dont doesnt isnt wont cant cannot never nooit zonder without hoef hoeft hoeven nee nope laat_maar niks nothing`,
		"past": `zei zeiden zegt said says told tells vertelde vertelt beloofde promised heeft hebben had has have heb was waren were werd sprak spoke spoken gesproken
			gebeld called helped geholpen gaf gave deed did kwam came belde stuurde sent wrote schreef gehad ging went gisteren yesterday vorige last week eerder
			already al geleden ago`,
		"own":  `mijn onze my our his her haar hun their own eigen`,
		"be":   `ben bent are is am zijn be being been r word wordt`,
		"wh":   `wie who whom wat what welke which hoeveel`,
		"how":  `hoe how waar where wanneer when`,
		"why":  `waarom why`,
		"a":    `een n nen ne a an the de het dit dat this that die any some één`,
		"real": `echt echte real actual live levend levende fysiek physical gewoon just normaal normale proper genuine actually persoonlijk personally personal`,
		"with": `met with to naar tegen aan door by from van tot through bij w wit`,
		"for":  `for voor of over about om op on in`,
		"now":  `nu now asap direct meteen immediately onmiddellijk dringend urgently snel eindelijk finally alsnog`,
		"help": `help helpen helpt assist assistance hulp answer antwoord antwoorden antwoordt overnemen overneemt overnam read lees lezen kijken kijkt look meekijken luisteren listen
			snapt snappen begrijpt begrijpen understand understands oplossen solve bijstaan behandelen`,
		"call": `bel bellen belt ring ringing phone call telefoon telefonisch telefoontje opbellen terugbellen callback lijn line telephone dial`,
		"stop": `stop enough genoeg klaar done sick tired moe zat beu hou weg off gek fed haat hate useless waardeloos belachelijk ridiculous`,
		"if":   `als if zodra wanneer before voordat voor_dat until tot`,
		"and":  `en and maar but of or dan then dus so want because omdat`,
	} {
		for _, w := range strings.Fields(list) {
			m[w] = class
		}
	}
	return m
}()

// shape replaces the words of a tagged sentence by what they do; a run of words that do nothing is one "x".
func shape(tagged string) string {
	var out []string
	for _, w := range strings.Fields(tagged) {
		class, ok := shapeWords[w]
		switch {
		case 'A' <= w[0] && w[0] <= 'Z':
			class = w
		case !ok:
			if class = "x"; len(out) > 0 && out[len(out)-1] == "x" {
				continue
			}
		}
		out = append(out, class)
	}
	return strings.Join(out, " ")
}
