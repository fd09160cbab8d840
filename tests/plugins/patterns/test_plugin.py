from raum.api import DataClass
from raum_patterns import raum_detectors


def test_the_plugin_offers_four_detectors_that_keep_data_in_memory():
    parts = list(raum_detectors())
    assert [part.name for part in parts] == ["email", "phone", "card", "name"]
    assert all(part.data_use.receives == {DataClass.RAW} and not part.data_use.regions for part in parts)


def test_each_part_is_built_from_its_default_options():
    text = "Hi Jane, jane@example.com, +1 201 555 0123, 4111 1111 1111 1111"
    detectors = [part.build(part.options()) for part in raum_detectors()]
    assert [[finding.type for finding in detector.find(text)] for detector in detectors] == [
        ["EMAIL"],
        ["PHONE"],
        ["CC"],
        ["NAME"],
    ]
