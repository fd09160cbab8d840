"""Data stays in the regions that the operator allows: a part that would take it elsewhere stops the start."""

import pytest

from raum.api import DataClass, DataUse
from raum.assembly import assemble
from raum.dataflow.residency import fault, is_within
from raum.errors import ConfigurationError

ABROAD = """\
from raum.api import DataClass, DataUse, NoOptions, Part, hookimpl
from raum.testing.fakes import FakeProvider

@hookimpl
def raum_providers():
    use = DataUse({DataClass.REDACTED, DataClass.SECRETS}, goes_to="ai.example", regions=("us-east-1",))
    yield Part("abroad", lambda options: FakeProvider(), lambda options: use)
"""

CONFIGURATION = """\
plugins = ["abroad", "zendesk", "patterns", "sqlite", "localkeys"]
plugin_dirs = ["."]
[pipeline]
helpdesk = "zendesk"
detectors = ["email"]
providers = ["abroad"]
store = "sqlite"
keys = "localkeys"
[residency]
"""


@pytest.fixture
def configured(tmp_path):
    """Write a configuration whose provider is in us-east-1, with the allowed regions."""
    (tmp_path / "abroad.py").write_text(ABROAD)

    def write(regions):
        path = tmp_path / "raum.toml"
        path.write_text(f"{CONFIGURATION}regions = {regions}\n")
        return path

    return write


def faults_of(path):
    with pytest.raises(ConfigurationError) as caught:
        assemble(path)
    return [each.removeprefix(f"{path}:") for each in caught.value.faults]


@pytest.mark.parametrize(
    ("region", "allowed", "is_inside"),
    [
        ("eu", "eu", True),
        ("eu-central-1", "eu", True),
        ("eu-central-1", "eu-central-1", True),
        ("eu", "eu-central-1", False),
        ("eu-central-1", "eu-central-2", False),
        ("europe", "eu", False),
        ("us", "eu", False),
        ("unknown", "us", False),
    ],
)
def test_a_region_is_within_itself_and_within_what_its_name_begins_with(region, allowed, is_inside):
    assert is_within(region, allowed) is is_inside


@pytest.mark.parametrize("regions", [(), ("origin",), ("eu",), ("eu-west-1", "eu")])
def test_what_stays_on_the_host_or_goes_back_or_into_an_allowed_region_is_no_fault(regions):
    assert fault("part", DataUse({DataClass.RAW}, regions=regions), ["eu"]) is None


def test_a_part_outside_the_allowed_regions_stops_the_start(configured):
    (told,) = faults_of(configured('["eu", "us-west-2"]'))
    assert told == (
        "6: pipeline.providers: part 'abroad' takes data (redacted, secrets) to ai.example, region us-east-1; "
        "allowed by residency.regions: eu, us-west-2"
    )


@pytest.mark.parametrize("regions", ["[]", '["us"]', '["us-east-1"]'])
def test_a_part_inside_the_allowed_regions_starts(configured, regions):
    assert assemble(configured(regions)).providers[0].data_use.regions == ("us-east-1",)


def test_a_part_whose_function_states_no_data_use_is_a_fault(configured, tmp_path):
    path = configured("[]")
    (tmp_path / "abroad.py").write_text(ABROAD.replace("lambda options: use", "lambda options: None"))
    (told,) = faults_of(path)
    assert told == (
        "6: pipeline.providers[0]: part 'abroad' states a data use of type NoneType; allowed: raum.api.DataUse"
    )


@pytest.mark.parametrize("regions", ['["EU"]', '["eu", "eu"]', '["unknown"]', '["origin"]', '["store"]', '["eu "]'])
def test_a_region_that_cannot_be_one_is_told(configured, regions):
    (told,) = faults_of(configured(regions))
    assert told == (
        "10: residency.regions: value not allowed; allowed: regions such as eu, us or eu-central-1 "
        "(which is within eu), each once"
    )
