from pathlib import Path
from xml.etree import ElementTree

from sim.model.load import load
from sim.output.influence import SHOWN, influence_svg, influences

MODEL = Path(__file__).parents[2] / "configs" / "ukraine" / "model.yaml"


def test_who_reads_whom_in_the_shipped_model():
    model = load(MODEL).model
    found = influences(model)
    assert max(found, key=found.__getitem__) == ("sanctions", "energy")
    assert all(a != b for a, b in found)
    svg = ElementTree.fromstring(influence_svg(model))
    arrows = svg.findall(".//{*}g")
    assert len(arrows) == sum(n >= SHOWN for n in found.values())
    assert {t.text for t in svg.findall(".//{*}text")} >= {"Talks", "Front", "Nuclear ladder"}


def test_the_picture_is_the_same_every_time():
    assert influence_svg(load(MODEL).model) == influence_svg(load(MODEL).model)
