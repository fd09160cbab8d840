"""Bodies that JSON parsers die of, or understand in different ways: status, content and headers of each."""

import gzip

_NESTED = 200_000

LEFT_TO_THE_HELPDESK = {"a number beyond all", "a name twice", "a name twice, deep inside", "a name that nobody knows"}
"""What is JSON: a delivery that is signed may hold more than is known of, and is read by the helpdesk part."""

BODIES_OF_DEATH = {
    "nothing": (400, b"", {}),
    "no JSON": (400, b"canary is no JSON", {}),
    "200,000 brackets": (400, b"[" * _NESTED, {}),
    "200,000 brackets that close": (400, b'{"ticket":' + b"[" * _NESTED + b"]" * _NESTED + b"}", {}),
    "30,000 objects": (400, b'{"ticket":' * 30_000 + b"1" + b"}" * 30_000, {}),
    "an integer of 5,000 digits": (400, b'{"ticket_id": ' + b"7" * 5_000 + b"}", {}),
    "a number beyond all": (400, b'{"ticket_id": 1e999}', {}),
    "not a number": (400, b'{"ticket_id": NaN}', {}),
    "infinity": (400, b'{"ticket_id": Infinity}', {}),
    "minus infinity": (400, b'{"ticket_id": -Infinity}', {}),
    "a lone surrogate": (400, b'{"canary": "\\ud800"}', {}),
    "a lone surrogate in a name": (400, b'{"\\udfff": "canary"}', {}),
    "bytes that are no UTF-8": (400, b'{"canary": "\xff"}', {}),
    "a name twice": (400, b'{"secret": "canary-1", "secret": "canary-2"}', {}),
    "a name twice, deep inside": (400, b'{"ticket": {"id": 1, "id": 2}}', {}),
    "more than one document": (400, b"{}{}", {}),
    "a comment": (400, b'{} // "canary"', {}),
    "a list": (400, b'["canary"]', {}),
    "a string": (400, b'"canary"', {}),
    "null": (400, b"null", {}),
    "a name that nobody knows": (400, b'{"canary": 1}', {}),
    "an encoded body": (415, gzip.compress(b"{}"), {"content-encoding": "gzip"}),
    "another type": (415, b"{}", {"content-type": "text/plain"}),
    "a form": (415, b"canary=1", {"content-type": "application/x-www-form-urlencoded"}),
    "no type": (415, b"{}", {"content-type": ""}),
}
