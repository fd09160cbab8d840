"""Check digits of national ids. Each function takes the id as upper-case letters and digits, without separators."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

_DNI_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_VERHOEFF_TIMES: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_MOVED: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_ODD_PLACES: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def weighted(digits: str, weights: Iterable[int]) -> int:
    """The sum of the digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def luhn(digits: str) -> bool:
    """The formula of ISO/IEC 7812-1, annex B: SIN of Canada, personnummer of Sweden, ids of South Africa and Israel."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def is_date(day: str, month: str, year: str) -> bool:
    """Whether there is such a day; of a year of two digits the century does not matter."""
    try:
        date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def two_check_digits(digits: str, first: Sequence[int], second: Sequence[int]) -> bool:
    """Two check digits at the end, each the weighted sum modulo 11, taken from 11: ids of Brazil and of Norway."""
    count = len(digits) - 2
    one = -weighted(digits[:count], first) % 11 % 10
    two = -weighted(digits[: count + 1], second) % 11 % 10
    return digits[count:] == f"{one}{two}"


def dni(number: str) -> bool:
    """Spain, Orden INT/2058/2008: the letter is the number modulo 23; X, Y, Z of a NIE count as 0, 1, 2."""
    return _DNI_LETTERS[int(number[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == number[-1]


def codice_fiscale(code: str) -> bool:
    """Italy, Decreto ministeriale 23 December 1976: odd and even places by tables, modulo 26."""
    values = [int(c) if c.isdigit() else ord(c) - 65 for c in code[:-1]]
    return (sum(_ODD_PLACES[v] for v in values[::2]) + sum(values[1::2])) % 26 == ord(code[-1]) - 65


def nir(number: str) -> bool:
    """France, INSEE: 97 less the number modulo 97; Corsica's 2A and 2B count as 19 and 18."""
    digits = number.replace("2A", "19", 1).replace("2B", "18", 1)
    return digits.isdigit() and 97 - int(digits[:13]) % 97 == int(digits[13:])


def rijksregister(digits: str) -> bool:
    """Belgium: 97 less the number modulo 97, with a 2 in front for births from 2000 on."""
    return any(97 - int(century + digits[:9]) % 97 == int(digits[9:]) for century in ("", "2"))


def ahv(digits: str) -> bool:
    """Switzerland, Federal Social Insurance Office: the check digit of an EAN-13."""
    return weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def rentenversicherung(number: str) -> bool:
    """Germany, VKVV section 4: cross sums of weighted digits, the letter as its place in the alphabet; and a date."""
    digits = number[:8] + f"{ord(number[8]) - 64:02}" + number[9:11]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True))
    return total % 10 == int(number[11]) and 1 <= int(number[4:6]) <= 12


def steuer_id(digits: str) -> bool:
    """Germany, section 139b AO: ISO 7064, MOD 11,10; one of the first ten digits is there two or three times."""
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    most = max(map(digits[:10].count, digits[:10]))
    return most in (2, 3) and (11 - product) % 10 == int(digits[10]) and digits[0] != "0"


def personnummer(digits: str) -> bool:
    """Sweden, Skatteverket: a date (60 is added to the day of a samordningsnummer) and the Luhn formula."""
    short = digits[-10:]
    day = int(short[4:6])
    return is_date(str(day - 60 if day > 60 else day), short[2:4], short[:2]) and luhn(short)


def hetu(number: str) -> bool:
    """Finland, Digital and Population Data Services Agency: the nine digits modulo 31, as a character of a table."""
    digits = number[:6] + number[-4:-1]
    is_checked = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == number[-1]
    return is_checked and is_date(number[:2], number[2:4], number[4:6])


def curp(code: str) -> bool:
    """Mexico, RENAPO: places weighted from 18 down, letters by a table with Ñ."""
    table = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(table.index(c) * (18 - place) for place, c in enumerate(code[:17]))
    return str(-total % 10) == code[17] and is_date(code[8:10], code[6:8], code[4:6])


def resident_id(number: str) -> bool:
    """China, GB 11643: ISO 7064, MOD 11-2, and a date."""
    is_checked = "10X98765432"[weighted(number[:17], (2**place % 11 for place in range(17, 0, -1))) % 11] == number[17]
    return is_checked and is_date(number[12:14], number[10:12], number[6:10])


def rut(number: str) -> bool:
    """Chile, Registro Civil: modulo 11, K for ten."""
    return "0K987654321"[weighted(number[-2::-1], (2, 3, 4, 5, 6, 7, 2, 3)) % 11] == number[-1]


def bsn(digits: str) -> bool:
    """The Netherlands: the eleven test, with -1 as the last weight."""
    return int(digits) > 0 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pesel(digits: str) -> bool:
    """Poland, Ministry of the Interior: weights 1, 3, 7, 9; the century is added to the month."""
    month = int(digits[2:4]) % 20
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0 and is_date(
        digits[4:6], str(month), digits[:2]
    )


def tckn(digits: str) -> bool:
    """Turkey, Nüfus ve Vatandaşlık İşleri: two check digits at the end."""
    numbers = [int(digit) for digit in digits]
    tenth = (7 * sum(numbers[0:9:2]) - sum(numbers[1:8:2])) % 10
    return numbers[0] > 0 and numbers[9] == tenth and numbers[10] == sum(numbers[:10]) % 10


def nif(digits: str) -> bool:
    """Portugal, Autoridade Tributária: modulo 11, weights from 9 down."""
    return -weighted(digits[:8], range(9, 1, -1)) % 11 % 10 == int(digits[8])


def aadhaar(digits: str) -> bool:
    """India, UIDAI: the Verhoeff scheme."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_TIMES[check][int(_VERHOEFF_MOVED[place % 8][int(digit)])])
    return check == 0 and digits[0] not in "01"


def tfn(digits: str) -> bool:
    """Australia, ATO: the weighted sum is a multiple of 11."""
    return int(digits) > 0 and weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def nhs(digits: str) -> bool:
    """England, NHS Data Dictionary: modulo 11, weights from 10 down; ten is never given out."""
    return int(digits) > 0 and -weighted(digits[:9], range(10, 1, -1)) % 11 == int(digits[9])


def nric(number: str) -> bool:
    """Singapore: weights 2, 7, 6, 5, 4, 3, 2, an offset of four for T and G, a table of letters per kind."""
    total = weighted(number[1:8], (2, 7, 6, 5, 4, 3, 2)) + 4 * (number[0] in "TG")
    return ("JZIHGFEDCBA" if number[0] in "ST" else "XWUTRQPNMLK")[total % 11] == number[8]


def ppsn(number: str) -> bool:
    """Ireland, Department of Social Protection: modulo 23, the second letter counts nine times."""
    total = weighted(number[:7], range(8, 1, -1)) + 9 * (ord(number[8]) - 64 if len(number) > 8 else 0)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def cnp(digits: str) -> bool:
    """Romania: modulo 11 with the weights 279146358279, ten counts as one; and a date."""
    rest = weighted(digits[:12], map(int, "279146358279")) % 11
    return (1 if rest == 10 else rest) == int(digits[12]) and is_date(digits[5:7], digits[3:5], digits[1:3])


def rodne_cislo(digits: str) -> bool:
    """Czechia and Slovakia: a multiple of 11, but for the older ones of nine digits; women's months have 50 more."""
    month = int(digits[2:4]) % 50 % 20
    return (len(digits) == 9 or int(digits) % 11 == 0) and 1 <= month <= 12 and 1 <= int(digits[4:6]) <= 31


def my_number(digits: str) -> bool:
    """Japan, ordinance 85 of 2014: modulo 11, weights 6 to 2, then 7 to 2."""
    rest = weighted(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(digits[11])
