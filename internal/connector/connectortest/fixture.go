package connectortest

// Fixture is the order file that Run asks a connector to be opened on. Ann has an order in every state and three ways to
// pay; Bob is somebody else. One order id is as odd as an id may be.
const Fixture = `{"currency":"EUR","return_days":30,
"customers":[
{"id":"ann_1","first_name":"Ann","last_name":"Prins","email":"Ann@example.com","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "payment_methods":[{"id":"card_1","kind":"credit_card","brand":"visa","last_four":"1111"},{"id":"paypal_1","kind":"paypal"},{"id":"gift_1","kind":"gift_card","balance_cents":2000}]},
{"id":"bob_2","first_name":"Bob","last_name":"Kok","email":"bob@example.com","address":{"line1":"Brink 2","line2":"","city":"Assen","region":"","postcode":"9401 HS","country":"NL"},
 "payment_methods":[{"id":"card_2","kind":"credit_card","brand":"visa","last_four":"2222"}]},
{"id":"cas 3/ü","first_name":"Cas","last_name":"Vos","email":"cas@example.com","address":{"line1":"Markt 3","line2":"","city":"Delft","region":"","postcode":"2611 GP","country":"NL"},"payment_methods":[]}],
"products":[
{"id":"shirt","name":"Shirt","variants":[
 {"id":"s-red","options":{"colour":"red"},"available":true,"price_cents":2500},
 {"id":"s-blue","options":{"colour":"blue"},"available":true,"price_cents":3000},
 {"id":"s-green","options":{"colour":"green"},"available":false,"price_cents":2500},
 {"id":"s-gold","options":{"colour":"gold"},"available":true,"price_cents":90000}]},
{"id":"mug","name":"Mug","variants":[
 {"id":"m-blue","options":{"colour":"blue"},"available":true,"price_cents":1000},
 {"id":"m-white","options":{"colour":"white"},"available":true,"price_cents":800}]}],
"orders":[
{"id":"#W1","customer":"ann_1","status":"pending","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "items":[{"id":"s-red","product":"shirt","name":"Shirt","price_cents":2500,"options":{"colour":"red"}},{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],
 "shipments":[],"payments":[{"kind":"payment","amount_cents":3500,"method":"card_1"}],"placed_days_ago":1},
{"id":"#W2","customer":"ann_1","status":"delivered","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "items":[{"id":"s-red","product":"shirt","name":"Shirt","price_cents":2500,"options":{"colour":"red"}},{"id":"s-red","product":"shirt","name":"Shirt","price_cents":2500,"options":{"colour":"red"}},{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],
 "shipments":[{"carrier":"PostNL","tracking":["3SABC1"],"items":["s-red","s-red","m-blue"]}],"payments":[{"kind":"payment","amount_cents":6000,"method":"card_1"}],"placed_days_ago":9,"delivered_days_ago":7},
{"id":"#W3","customer":"ann_1","status":"processed","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "items":[{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],"shipments":[{"tracking":["3SABC2"],"items":["m-blue"]}],"payments":[{"kind":"payment","amount_cents":1000,"method":"paypal_1"}],"placed_days_ago":2},
{"id":"#W4","customer":"ann_1","status":"cancelled","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "items":[{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],"shipments":[],"payments":[{"kind":"payment","amount_cents":1000,"method":"card_1"},{"kind":"refund","amount_cents":1000,"method":"card_1"}],"placed_days_ago":30},
{"id":"#W7","customer":"ann_1","status":"pending","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "items":[{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],"shipments":[],"payments":[{"kind":"payment","amount_cents":1000,"method":"gift_1"}],"placed_days_ago":0},
{"id":"#W8","customer":"ann_1","status":"delivered","address":{"line1":"Dam 1","line2":"","city":"Amsterdam","region":"","postcode":"1012 JS","country":"NL"},
 "items":[{"id":"s-red","product":"shirt","name":"Shirt","price_cents":2500,"options":{"colour":"red"}}],"shipments":[],"payments":[{"kind":"payment","amount_cents":2500,"method":"card_1"}],"placed_days_ago":90,"delivered_days_ago":80},
{"id":"#W5","customer":"bob_2","status":"pending","address":{"line1":"Brink 2","line2":"","city":"Assen","region":"","postcode":"9401 HS","country":"NL"},
 "items":[{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],"shipments":[],"payments":[{"kind":"payment","amount_cents":1000,"method":"card_2"}],"placed_days_ago":1},
{"id":"#W6","customer":"bob_2","status":"delivered","address":{"line1":"Brink 2","line2":"","city":"Assen","region":"","postcode":"9401 HS","country":"NL"},
 "items":[{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],"shipments":[],"payments":[{"kind":"payment","amount_cents":1000,"method":"card_2"}],"placed_days_ago":8,"delivered_days_ago":6},
{"id":"W 9/ü?x=%23#","customer":"cas 3/ü","status":"pending","address":{"line1":"Markt 3","line2":"","city":"Delft","region":"","postcode":"2611 GP","country":"NL"},
 "items":[{"id":"m-blue","product":"mug","name":"Mug","price_cents":1000,"options":{"colour":"blue"}}],"shipments":[],"payments":[]}]}`
