"""The words that addresses are made of, a string of words separated by blanks for each list."""

from typing import Final

# Behind the name of a street, in English.
SUFFIXES: Final = """
Alley Aly Avenue Ave Av Boulevard Blvd Boul Bypass Causeway Circle Cir Close Court Ct Courts Cove Cv Crescent Cres
Crossing Xing Drive Dr Drives Esplanade Expressway Expy Freeway Fwy Gardens Gdns Gate Glen Green Grove Grv Heights
Hts Highway Hwy Hill Junction Landing Lane Ln Lodge Loop Mews Motorway Mount Parade Park Parkway Pkwy Pass Path Pike
Place Pl Plaza Plz Point Pt Quay Ridge Rdg Road Rd Row Run Square Sq Street St Str Terrace Ter Trail Trl Turnpike
Tpke Vale View Walk Way Wynd Yard
"""

# What ends in such a word without being a street: "2 Google Drive", "12 Happy Hour Way".
NO_STREETS: Final = """
google hard flash usb disk disc thumb pen tape solid cloud icloud test one external network shared team shift two
three both right wrong best only easy no any half long every other some new next first last second third this that
apple amazon credit app play store time times square-foot central business car parking
"""

# Stand in front of the name of a street; a number follows the name.
LEADING: Final = """
Calle C/ C. Avda Avda. Avenida Av. Plaza Pza. Paseo Pº Carrer Carretera Ctra. Camino Ronda Travesía Via Viale V.le
Piazza P.za Corso Largo Vicolo Strada Rua Travessa Praça Alameda Estrada ul. ulica Ulica al. aleja Aleja Aleje pl.
os. Rue Avenue Am An Zum Zur Bulevardul Calea Ulitsa ulice třída náměstí Cadde Sokak
"""

# Stand between a number and the name of a street, in French.
LEADING_FRENCH: Final = """
rue avenue av. av boulevard bd bd. blvd boul. allée allées chemin ch. place pl. impasse quai cours route rte square
passage faubourg sentier voie ruelle esplanade montée
"""

# Words of their own behind the name of a street; a number follows.
SEPARATE: Final = """
Straße Strasse straße strasse Str. str. Weg Allee Platz Gasse Ring Damm Ufer Chaussee Straat Laan Plein Plads Plass
utca útja út tér rkp. körút tee pst puiestee gade vej väg gata katu tie cesta Caddesi Cad. Sokak Sokağı Sok. Bulvarı
"""

# Ends of the name of a street that is one word; a number follows.
WORD_ENDINGS: Final = """
straße strasse str. weg allee platz gasse damm chaussee straat laan plein gracht dijk singel steenweg vej vejen gade
gaden allé stræde vägen väg gatan gata gränd gaten veien vei brautir braut katu kuja antie polku stíg utca ulica
tanya
"""

# Words that have such an end and are no street: seats, space and the like in German.
NO_NAMES: Final = """
arbeitsplatz parkplatz sitzplatz stellplatz speicherplatz spielplatz studienplatz ausbildungsplatz marktplatz
startplatz lagerplatz steckplatz schlafplatz stehplatz heimweg umweg ausweg hinweg rückweg reiseweg versandweg
postweg rechtsweg data strata regata fregata
"""

PARTICLES: Final = (
    "de del la las los el do da dos das di dei del della delle degli du des le les et e y von van der den zu the of"
)

STATES: Final = """
AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI
SC SD TN TX UT VT VA WA WV WI WY DC PR GU VI
"""

# Begin a line of their own below an address.
NO_PLACES: Final = """
order phone tel telephone mobile fax ticket invoice account customer ref reference case id email mail date re
subject best kind thanks thank regards amount total dob ssn iban card call please dear hi hello policy tracking
number
"""

# What makes a row of words in small letters no street: "3 days in the street".
NO_LOWER_CASE: Final = """
minute minutes min mins hour hours hr day days week weeks month months year years people times time mile miles km
meter meters metres feet foot block blocks percent dollars euros way lane lanes in on at to from for of off and or
the a an is was are per my your this that two one no dead side back main-thread wheel car cars speed line more other
hard
"""

# Stand in front of `address` when it is another kind of address.
OTHER_ADDRESSES: Final = (
    "ip mac email e-mail mail web wallet bitcoin btc eth url site internet server network memory bus host"
)
